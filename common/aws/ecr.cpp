#include "common/aws/ecr.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/base64.hpp"
#include "common/http/url.hpp"

namespace ocibench::aws {
namespace {

constexpr std::string_view kEcrTarget = "AmazonEC2ContainerRegistry_V20150921";
constexpr std::size_t kMostRepositoryPages = 1000;  // of 100 repositories: the quota of a region
constexpr int kRepositoriesPerPage = 100;
constexpr double kLatestExpiry = 32'503'680'000;  // the year 3000

/// What was answered may hold a secret: nothing of it is repeated.
tl::unexpected<Error> unreadable(std::string_view operation) {
  return fail(ErrorCode::bad_input,
              fmt::format("AWS ecr {}: the answer is not as documented", operation));
}

Result<RegistryLogin> login_in(const JsonObject& data) {
  const auto token = data.text("authorizationToken");
  const auto expires = data.number("expiresAt");
  const auto endpoint = http::parse_url(data.text("proxyEndpoint").value_or(std::string()));
  const auto decoded = token ? base64_decode(*token) : tl::unexpected(token.error());
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos || !endpoint || !expires || !(*expires > 0) ||
      *expires > kLatestExpiry) {
    return unreadable("GetAuthorizationToken");
  }
  const auto since_epoch = std::chrono::milliseconds(std::llround(*expires * 1000));
  return RegistryLogin{decoded->substr(0, colon), decoded->substr(colon + 1), WallTime(since_epoch),
                       endpoint->host};
}

}  // namespace

Result<Ecr> Ecr::create(Session& session, RetryLimits limits) {
  return Service::create(session, {"ecr", "api.ecr"}, limits).map([](Service&& service) {
    return Ecr(std::move(service));
  });
}

Outcome<Json> Ecr::call(const std::string& operation, const Json& request) {
  return service_.call(kEcrTarget, operation, request);
}

Result<RegistryLogin> Ecr::login() {
  const Outcome<Json> answer = call("GetAuthorizationToken", Json::object());
  if (!answer) {
    return tl::unexpected(answer.error().error);
  }
  const auto object = JsonObject::open(*answer, "answer");
  const auto data = object ? object->objects("authorizationData") : tl::unexpected(object.error());
  return data && !data->empty() ? login_in(data->front())
                                : Result<RegistryLogin>(unreadable("GetAuthorizationToken"));
}

Outcome<Ecr::Created> Ecr::create_repository(const std::string& name) {
  const Outcome<Json> answer = call("CreateRepository", {{"repositoryName", name}});
  if (!answer && answer.error().type == "RepositoryAlreadyExistsException") {
    return answer.error().maybe_done ? Created::now : Created::was_there;
  }
  return answer.map([](const Json& /*repository*/) { return Created::now; });
}

Result<void> Ecr::delete_repository(const std::string& name) {
  const Outcome<Json> answer =
      call("DeleteRepository", {{"repositoryName", name}, {"force", true}});
  const bool gone = answer || answer.error().type == "RepositoryNotFoundException";
  return gone ? Result<void>() : tl::unexpected(answer.error().error);
}

Result<std::vector<EcrRepository>> Ecr::repositories(const std::string& prefix) {
  std::vector<EcrRepository> found;
  Json request = {{"maxResults", kRepositoriesPerPage}};
  for (std::size_t page = 0; page < kMostRepositoryPages; ++page) {
    const Outcome<Json> answer = call("DescribeRepositories", request);
    if (!answer) {
      return tl::unexpected(answer.error().error);
    }
    const auto object = JsonObject::open(*answer, "answer");
    const auto all = object ? object->objects("repositories") : tl::unexpected(object.error());
    if (!all) {
      return unreadable("DescribeRepositories");
    }
    for (const JsonObject& each : *all) {
      const auto name = each.text("repositoryName");
      if (name && name->starts_with(prefix)) {
        found.push_back({*name, each.text("repositoryUri").value_or(std::string())});
      }
    }
    const auto next = object->text("nextToken");
    if (!next || next->empty()) {
      return found;
    }
    request["nextToken"] = *next;
  }
  return fail(ErrorCode::limit, "AWS ecr DescribeRepositories: its pages never end");
}

Result<BlobMounting> Ecr::blob_mounting() {
  const Outcome<Json> answer = call("GetAccountSetting", {{"name", "BLOB_MOUNTING"}});
  if (!answer) {
    return tl::unexpected(answer.error().error);
  }
  const auto object = JsonObject::open(*answer, "answer");
  const auto value = object ? object->text("value") : tl::unexpected(object.error());
  if (!value) {
    return unreadable("GetAccountSetting");
  }
  return *value == "ENABLED" ? BlobMounting::enabled : BlobMounting::disabled;
}

}  // namespace ocibench::aws
