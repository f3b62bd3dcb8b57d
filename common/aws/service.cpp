#include "common/aws/service.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/http/url.hpp"
#include "common/sha256.hpp"

namespace ocibench::aws {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kIdleTimeout{60};
constexpr std::uint32_t kMostDoublings = 16;

std::string default_endpoint(const ServiceName& name, const std::string& region) {
  const std::string_view suffix = region.starts_with("cn-") ? ".cn" : "";
  return fmt::format("https://{}.{}.amazonaws.com{}", name.host, region, suffix);
}

std::string endpoint_of(const Settings& settings, const ServiceName& name,
                        const std::string& region) {
  for (const std::string& key : {name.name, std::string()}) {
    if (const auto told = settings.endpoints.find(key); told != settings.endpoints.end()) {
      std::string url = told->second;
      while (url.ends_with('/')) {
        url.pop_back();
      }
      return url;
    }
  }
  return default_endpoint(name, region);
}

Failure at_operation(const Error& error, const std::string& service, const Call& call) {
  return {{}, error.with_context(fmt::format("AWS {} {}", service, call.operation))};
}

}  // namespace

Result<Service> Service::create(Session& session, ServiceName name, RetryLimits limits) {
  const Result<std::string> region = session.region();
  if (!region) {
    return tl::unexpected(region.error());
  }
  const std::string url = endpoint_of(session.settings(), name, *region);
  const Result<http::UrlParts> parts = http::parse_url(url);
  if (!parts) {
    return fail(parts.error(), fmt::format("endpoint of AWS {}", name.name));
  }
  if (parts->scheme != "https" && !http::is_loopback(parts->host)) {
    return fail(ErrorCode::bad_input,
                fmt::format("endpoint of AWS {}: {} is no https, and credentials would be readable "
                            "on the way",
                            name.name, http::printable_url(url)));
  }
  Result<http::Connection> http = http::Connection::create({.ca_file = session.settings().ca_file,
                                                            .connect_timeout = kConnectTimeout,
                                                            .idle_timeout = kIdleTimeout});
  if (!http) {
    return tl::unexpected(http.error());
  }
  Service service(session, {*region, std::move(name.name)}, std::move(*http));
  service.limits_ = limits;
  service.base_url_ = url;
  service.host_ = parts->host;
  return service;
}

Service::Service(Session& session, SigningScope scope, http::Connection http)
    : session_(&session), scope_(std::move(scope)), http_(std::move(http)) {}

std::string Service::permission_for(const Call& call) const {
  return call.permission.empty() ? fmt::format("{}:{}", scope_.service, call.operation)
                                 : call.permission;
}

http::Request Service::signed_request(const Call& call, const AccessKey& key) const {
  SignableRequest signable{.method = std::string(to_string(call.method)),
                           .path = call.path,
                           .query = call.query,
                           .headers = call.headers,
                           .payload_sha256 = call.body ? call.body_sha256 : sha256_hex("")};
  signable.headers["x-amz-date"] = format_compact(session_->now());
  if (scope_.service == "s3") {
    signable.headers["x-amz-content-sha256"] = signable.payload_sha256;
  }
  if (!key.session_token.empty()) {
    signable.headers["x-amz-security-token"] = key.session_token;
  }
  http::Request request{.method = call.method,
                        .url = base_url_ + canonical_path(call.path),
                        .body = call.body,
                        .body_bytes = call.body_bytes,
                        .max_collected_bytes = call.max_answer_bytes};
  if (!call.query.empty()) {
    request.url += "?" + canonical_query(call.query);
  }
  for (const auto& [name, value] : signable.headers) {
    request.headers.push_back(fmt::format("{}: {}", name, value));
  }
  signable.headers["host"] = host_;  // libcurl sends it
  request.headers.push_back("Authorization: " + authorization(signable, key, scope_));
  return request;
}

void Service::wait_before(std::uint32_t retry, const http::Response* answer) {
  auto wait = limits_.first_wait * (1U << std::min(retry, kMostDoublings));
  if (answer != nullptr && answer->retry_after) {
    wait = std::max<std::chrono::milliseconds>(wait, *answer->retry_after);
  }
  wait = std::min(wait, limits_.longest_wait);
  // A fleet that is throttled together must not come back together.
  std::uniform_int_distribution<std::chrono::milliseconds::rep> less(0, wait.count() / 2);
  http_.wait(wait - std::chrono::milliseconds(less(chance_)));
}

Outcome<http::Response> Service::send(const Call& call) {
  bool renewed = false;
  for (std::uint32_t retry = 0;; ++retry) {
    const Result<Credentials> credentials = session_->credentials();
    if (!credentials) {
      return tl::unexpected(at_operation(credentials.error(), scope_.service, call));
    }
    Result<http::Response> answer = http_.send(signed_request(call, credentials->key));
    if (!answer) {
      const bool lost = answer.error().code == ErrorCode::unavailable ||
                        answer.error().code == ErrorCode::timeout;
      if (!lost || retry >= limits_.most) {
        return tl::unexpected(at_operation(answer.error(), scope_.service, call));
      }
      wait_before(retry, nullptr);
      continue;
    }
    if (answer->status >= 200 && answer->status < 300) {
      return std::move(*answer);
    }
    const ServiceError refusal = service_error_of(*answer);
    const bool throttling = is_throttling(*answer, refusal);
    throttled_ += throttling ? 1 : 0;
    if ((throttling || answer->status >= 500) && retry < limits_.most) {
      wait_before(retry, &*answer);
    } else if (is_expired_token(refusal) && !std::exchange(renewed, true)) {
      session_->forget_credentials();
    } else {
      const Operation operation{scope_.service, call.operation, permission_for(call),
                                credentials->origin};
      return tl::unexpected(Failure{refusal.type, explain(operation, *answer, refusal)});
    }
  }
}

Outcome<Json> Service::call(std::string_view target, const std::string& operation,
                            const Json& request) {
  const std::string body = dump_json(request);
  const Call call{.operation = operation,
                  .headers = {{"content-type", "application/x-amz-json-1.1"},
                              {"x-amz-target", fmt::format("{}.{}", target, operation)}},
                  .body = [&body]() -> Result<ByteSource> { return source_of(body); },
                  .body_bytes = body.size(),
                  .body_sha256 = sha256_hex(body)};
  const Outcome<http::Response> answer = send(call);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  // Some operations answer nothing at all.
  Result<Json> json = parse_json(answer->body.empty() ? "{}" : answer->body, "answer");
  if (!json) {
    // What was answered may hold a secret: nothing of it is repeated.
    return tl::unexpected(
        at_operation({ErrorCode::bad_input, "the answer is no JSON"}, scope_.service, call));
  }
  return std::move(*json);
}

}  // namespace ocibench::aws
