#include "tests/support/scripted_aws.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <httplib.h>

#include "common/base64.hpp"
#include "common/json.hpp"

namespace ocibench::testing_support {
namespace {

constexpr std::size_t kRepositoriesInAPage = 2;  // small, so that tests see several
constexpr std::string_view kRole = "lane-role";

ScriptedReply json_reply(const Json& json) { return {200, json.dump(), {}}; }

ScriptedReply json_refusal(int status, const std::string& type, const std::string& message = "no") {
  return {status, Json{{"__type", "com.amazonaws#" + type}, {"message", message}}.dump(), {}};
}

ArrivedRequest arrived(const httplib::Request& request) {
  ArrivedRequest all{request.method, request.target, {}, request.body};
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    all.headers[lower] = value;
  }
  return all;
}

std::string service_of(const ArrivedRequest& request) {
  if (request.target.starts_with("/latest/")) {
    return "imds";
  }
  const auto target = request.headers.find("x-amz-target");
  if (target == request.headers.end()) {
    return "s3";
  }
  return target->second.starts_with("AmazonSSM.") ? "ssm" : "ecr";
}

}  // namespace

struct ScriptedAws::Server {
  httplib::Server http;
  int port = 0;
  std::thread thread;
  mutable std::mutex mutex;
  aws::AccessKey key{"AKIDSCRIPTED", "scripted/secret+key", ""};
  std::set<std::string> metadata_tokens;
  std::map<std::string, std::string> metadata;
  int refusals = 0;
  ScriptedReply refusal;
  int parts_left = -1;
  std::set<std::string> repositories;
  std::string blob_mounting = "DISABLED";
  std::string registry_url;  // of passwords; empty: this server's own
  std::map<std::string, std::string> parameters;
  ScriptedS3 s3;
  Interference interference = [](const AwsCall&, const CarryOut& carry_out) { return carry_out(); };
  std::vector<AwsCall> calls;

  ScriptedReply answer(const ArrivedRequest& request) {
    const std::string service = service_of(request);
    AwsCall call{service, operation_of(request)};
    const ScriptedReply reply = interference(call, [&] {
      return service == "imds" ? metadata_reply(request) : signed_reply(request, call);
    });
    call.status = reply.status;
    calls.push_back(call);
    return reply;
  }

  static std::string operation_of(const ArrivedRequest& request) {
    const auto target = request.headers.find("x-amz-target");
    return target == request.headers.end() ? request.method + " " + request.target
                                           : target->second.substr(target->second.find('.') + 1);
  }

  ScriptedReply signed_reply(const ArrivedRequest& request, const AwsCall& call) {
    const std::string wrong =
        check_signature(request, call.service, {key.id, key.secret, key.session_token, kRegion});
    if (!wrong.empty()) {
      return json_refusal(wrong == "ExpiredTokenException" ? 400 : 403, wrong);
    }
    if (refusals > 0) {
      --refusals;
      return refusal;
    }
    if (call.service == "s3") {
      return s3.answer(request);
    }
    const Json body = Json::parse(request.body);
    return call.service == "ecr" ? ecr_reply(call.operation, body)
                                 : ssm_reply(call.operation, body);
  }

  ScriptedReply metadata_reply(const ArrivedRequest& request) {
    if (request.headers.contains("x-forwarded-for")) {
      return {403, "", {}};
    }
    if (request.method == "PUT" && request.target == "/latest/api/token") {
      if (!request.headers.contains("x-aws-ec2-metadata-token-ttl-seconds")) {
        return {400, "", {}};
      }
      const std::string token = "token-" + std::to_string(calls.size());
      metadata_tokens.insert(token);
      return {200, token, {}};
    }
    const auto token = request.headers.find("x-aws-ec2-metadata-token");
    if (token == request.headers.end() || !metadata_tokens.contains(token->second)) {
      return {401, "", {}};
    }
    const auto told = metadata.find(request.target);
    return told == metadata.end() ? ScriptedReply{404, "", {}}
                                  : ScriptedReply{200, told->second, {}};
  }

  [[nodiscard]] std::string registry() const { return "127.0.0.1:" + std::to_string(port); }

  ScriptedReply ecr_reply(const std::string& operation, const Json& request) {
    if (operation == "GetAuthorizationToken") {
      return json_reply(
          {{"authorizationData",
            {{{"authorizationToken", base64_encode("AWS:the-password")},
              {"expiresAt", 1893456000.5},
              {"proxyEndpoint", registry_url.empty() ? "https://" + registry() : registry_url}}}}});
    }
    if (operation == "GetAccountSetting") {
      return json_reply({{"name", request["name"]}, {"value", blob_mounting}});
    }
    if (operation == "DescribeRepositories") {
      return repositories_reply(request.value("nextToken", std::string()));
    }
    const std::string name = request["repositoryName"];
    if (operation == "CreateRepository") {
      return repositories.insert(name).second
                 ? json_reply({{"repository", {{"repositoryName", name}}}})
                 : json_refusal(400, "RepositoryAlreadyExistsException");
    }
    if (operation == "DeleteRepository" && request.value("force", false)) {
      return repositories.erase(name) > 0 ? json_reply(Json::object())
                                          : json_refusal(400, "RepositoryNotFoundException");
    }
    return json_refusal(400, "UnknownOperationException");
  }

  ScriptedReply repositories_reply(const std::string& after) {
    Json page = {{"repositories", Json::array()}};
    for (auto each = repositories.upper_bound(after); each != repositories.end(); ++each) {
      if (page["repositories"].size() == kRepositoriesInAPage) {
        page["nextToken"] = page["repositories"].back()["repositoryName"];
        break;
      }
      page["repositories"].push_back(
          {{"repositoryName", *each}, {"repositoryUri", registry() + "/" + *each}});
    }
    return json_reply(page);
  }

  ScriptedReply ssm_reply(const std::string& operation, const Json& request) {
    if (operation == "PutParameter") {
      const std::string name = request["Name"];
      if (parameters.contains(name) && !request.value("Overwrite", false)) {
        return json_refusal(400, "ParameterAlreadyExists");
      }
      parameters[name] = request["Value"];
      return json_reply({{"Version", 1}});
    }
    if (operation == "DeleteParameter") {
      return parameters.erase(request["Name"]) > 0 ? json_reply(Json::object())
                                                   : json_refusal(400, "ParameterNotFound");
    }
    Json page = {{"Parameters", Json::array()}};
    const std::string path = std::string(request["Path"]) + "/";
    const std::size_t size = request["MaxResults"];
    if (size > 10) {
      return json_refusal(400, "ValidationException");
    }
    const std::string after = request.value("NextToken", path);
    for (auto each = parameters.upper_bound(after);
         each != parameters.end() && each->first.starts_with(path); ++each) {
      if (page["Parameters"].size() == size) {
        page["NextToken"] = page["Parameters"].back()["Name"];
        break;
      }
      page["Parameters"].push_back(
          {{"Name", each->first}, {"Type", "String"}, {"Value", each->second}});
    }
    return json_reply(page);
  }

  bool refuses_part(const ArrivedRequest& request) {
    const bool part =
        request.method == "PUT" && request.target.find("partNumber=") != std::string::npos;
    if (!part || parts_left < 0) {
      return false;
    }
    parts_left = std::max(0, parts_left - 1);
    return parts_left == 0;
  }

  void serve(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(mutex);
    const ArrivedRequest all = arrived(request);
    const ScriptedReply reply =
        refuses_part(all) ? json_refusal(400, "RequestTimeout") : answer(all);
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) {
      response.set_header(name, value);
    }
    const char* const type = reply.body.starts_with("<") ? "application/xml" : "application/json";
    if (reply.cut_off) {
      response.set_content_provider(
          reply.body.size() + 1, type,
          [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    } else {
      response.set_content(reply.body, type);
    }
  }
};

ScriptedAws::ScriptedAws() : server_(std::make_unique<Server>()) {
  const auto handler = [server = server_.get()](const httplib::Request& request,
                                                httplib::Response& response) {
    server->serve(request, response);
  };
  server_->http.Get(".*", handler);
  server_->http.Post(".*", handler);
  server_->http.Put(".*", handler);
  server_->http.set_keep_alive_timeout(1);
  server_->port = server_->http.bind_to_any_port("127.0.0.1");
  OCIBENCH_ASSERT(server_->port > 0);
  server_->thread = std::thread([server = server_.get()] { server->http.listen_after_bind(); });
}

ScriptedAws::~ScriptedAws() {
  // stop() before the thread has got to listening would be lost.
  while (!server_->http.is_running()) {
    std::this_thread::yield();
  }
  server_->http.stop();
  server_->thread.join();
}

std::string ScriptedAws::url() const { return "http://" + server_->registry(); }

aws::Settings ScriptedAws::settings() const {
  const std::lock_guard lock(server_->mutex);
  return {.key = server_->key,
          .region = kRegion,
          .metadata_endpoint = url(),
          .endpoints = {{"", url()}}};
}

aws::Settings ScriptedAws::settings_of_an_instance() const {
  return {.region = kRegion, .metadata_endpoint = url(), .endpoints = {{"", url()}}};
}

void ScriptedAws::accept(aws::AccessKey key) {
  const std::lock_guard lock(server_->mutex);
  server_->key = std::move(key);
}

void ScriptedAws::give_role(aws::AccessKey key, WallTime expires) {
  const std::lock_guard lock(server_->mutex);
  const std::string roles = "/latest/meta-data/iam/security-credentials/";
  server_->metadata[roles] = kRole;
  server_->metadata[roles + std::string(kRole)] = Json{
      {"Code", "Success"},
      {"AccessKeyId", key.id},
      {"SecretAccessKey", key.secret},
      {"Token", key.session_token},
      {"Expiration", format_rfc3339(expires)}}.dump();
}

void ScriptedAws::tell(const std::string& path, const std::string& text) {
  const std::lock_guard lock(server_->mutex);
  server_->metadata[path] = text;
}

void ScriptedAws::forget_metadata_tokens() {
  const std::lock_guard lock(server_->mutex);
  server_->metadata_tokens.clear();
}

void ScriptedAws::interfere(Interference interference) {
  const std::lock_guard lock(server_->mutex);
  server_->interference = std::move(interference);
}

void ScriptedAws::lose_answers(int times, const std::string& operation) {
  interfere([left = times, operation](const AwsCall& call, const CarryOut& carry_out) mutable {
    ScriptedReply reply = carry_out();
    reply.cut_off = call.operation.starts_with(operation) && left-- > 0;
    return reply;
  });
}

void ScriptedAws::refuse(int times, int status, const std::string& type) {
  const std::lock_guard lock(server_->mutex);
  server_->refusals = times;
  server_->refusal = json_refusal(status, type);
}

void ScriptedAws::set_registry(const std::string& url) {
  const std::lock_guard lock(server_->mutex);
  server_->registry_url = url;
}

void ScriptedAws::set_blob_mounting(const std::string& value) {
  const std::lock_guard lock(server_->mutex);
  server_->blob_mounting = value;
}

void ScriptedAws::fail_after_parts(int parts) {
  const std::lock_guard lock(server_->mutex);
  server_->parts_left = parts < 0 ? -1 : parts + 1;
}

void ScriptedAws::corrupt(const std::string& key) {
  const std::lock_guard lock(server_->mutex);
  server_->s3.corrupt(key);
}

std::vector<AwsCall> ScriptedAws::calls() const {
  const std::lock_guard lock(server_->mutex);
  return server_->calls;
}

std::vector<std::string> ScriptedAws::repositories() const {
  const std::lock_guard lock(server_->mutex);
  return {server_->repositories.begin(), server_->repositories.end()};
}

std::map<std::string, std::string> ScriptedAws::parameters() const {
  const std::lock_guard lock(server_->mutex);
  return server_->parameters;
}

std::map<std::string, std::string> ScriptedAws::objects() const {
  const std::lock_guard lock(server_->mutex);
  return server_->s3.objects();
}

}  // namespace ocibench::testing_support
