#include "common/aws/ssm.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ocibench::aws {
namespace {

constexpr std::string_view kSsmTarget = "AmazonSSM";
constexpr int kParametersPerPage = 10;  // the most that it allows

}  // namespace

Result<ParameterStore> ParameterStore::create(Session& session, RetryLimits limits) {
  return Service::create(session, {"ssm", "ssm"}, limits).map([](Service&& service) {
    return ParameterStore(std::move(service));
  });
}

Result<void> ParameterStore::put(const Parameter& parameter) {
  if (parameter.value.size() > kMaxValueBytes) {
    return fail(ErrorCode::limit, fmt::format("{} is longer than the {} bytes of a parameter",
                                              parameter.name, kMaxValueBytes));
  }
  const Outcome<Json> answer = service_.call(kSsmTarget, "PutParameter",
                                             {{"Name", parameter.name},
                                              {"Value", parameter.value},
                                              {"Type", "String"},
                                              {"Overwrite", true}});
  return answer ? Result<void>() : tl::unexpected(answer.error().error);
}

Result<void> ParameterStore::remove(const std::string& name) {
  const Outcome<Json> answer = service_.call(kSsmTarget, "DeleteParameter", {{"Name", name}});
  const bool gone = answer || answer.error().type == "ParameterNotFound";
  return gone ? Result<void>() : tl::unexpected(answer.error().error);
}

Result<std::vector<Parameter>> ParameterStore::below(const std::string& path) {
  std::vector<Parameter> found;
  Json request = {{"Path", path}, {"Recursive", true}, {"MaxResults", kParametersPerPage}};
  for (std::size_t page = 0; page <= kMaxParameters; ++page) {  // a page may be empty
    const Outcome<Json> answer = service_.call(kSsmTarget, "GetParametersByPath", request);
    if (!answer) {
      return tl::unexpected(answer.error().error);
    }
    const auto object = JsonObject::open(*answer, "AWS ssm GetParametersByPath");
    const auto all = object ? object->objects("Parameters") : tl::unexpected(object.error());
    if (!all) {
      return tl::unexpected(all.error());
    }
    for (const JsonObject& each : *all) {
      const auto name = each.text("Name");
      const auto value = each.text("Value");
      if (!name || !value) {
        return tl::unexpected(name ? value.error() : name.error());
      }
      if (each.text("Type").value_or(std::string()) == "String") {
        found.push_back({*name, *value});
      }
    }
    const auto next = object->text("NextToken");
    if (!next || next->empty()) {
      std::ranges::sort(found, {}, &Parameter::name);
      return found;
    }
    if (found.size() > kMaxParameters) {
      break;
    }
    request["NextToken"] = *next;
  }
  return fail(ErrorCode::limit,
              fmt::format("there are more than {} parameters below {}", kMaxParameters, path));
}

}  // namespace ocibench::aws
