#include "common/aws/service.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/http/url.hpp"
#include "common/sha256.hpp"

namespace ocibench::aws {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kIdleTimeout{60};
constexpr std::chrono::minutes kAnswerTimeout{10};  // S3 puts the parts of an object together
constexpr std::uint32_t kMostDoublings = 16;

std::string default_endpoint(const ServiceName& name, const std::string& region) {
  const std::string_view suffix = region.starts_with("cn-") ? ".cn" : "";
  return fmt::format("https://{}.{}.amazonaws.com{}", name.host, region, suffix);
}

Result<std::string> endpoint_of(const Session& session, const ServiceName& name,
                                const std::string& region) {
  return session.endpoint(name.name).map([&](std::optional<std::string>&& named) {
    std::string url = std::move(named).value_or(default_endpoint(name, region));
    while (url.ends_with('/')) {
      url.pop_back();
    }
    return url;
  });
}

Failure at_operation(const Error& error, const std::string& service, const Call& call) {
  return {{}, error.with_context(fmt::format("AWS {} {}", service, call.operation))};
}

/// No answer came, or a part of one.
bool is_lost(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout ||
         error.code == ErrorCode::bad_input;
}

/// Counts itself in `begun` when its first bytes are asked for.
Result<ByteSource> counting(Result<ByteSource> source, std::uint32_t& begun) {
  return std::move(source).map([&begun](ByteSource&& bytes) -> ByteSource {
    return [bytes = std::move(bytes), first = true, &begun](std::span<char> buffer) mutable {
      begun += std::exchange(first, false) ? 1U : 0U;
      return bytes(buffer);
    };
  });
}

bool is_success(const http::Response& answer) {
  return answer.status >= 200 && answer.status < 300 && !is_error_document(answer);
}

}  // namespace

Result<Service> Service::create(Session& session, ServiceName name, RetryLimits limits) {
  const Result<std::string> region = session.region();
  if (!region) {
    return tl::unexpected(region.error());
  }
  const Result<std::string> url = endpoint_of(session, name, *region);
  const Result<http::UrlParts> parts = url ? http::parse_url(*url) : tl::unexpected(url.error());
  if (!parts) {
    return fail(parts.error(), fmt::format("endpoint of AWS {}", name.name));
  }
  if (parts->scheme != "https" && !is_loopback(parts->host)) {
    return fail(ErrorCode::bad_input,
                fmt::format("endpoint of AWS {}: {} is no https, and credentials would be readable "
                            "on the way",
                            name.name, http::printable_url(*url)));
  }
  Result<http::Connection> http = http::Connection::create({.ca_file = session.settings().ca_file,
                                                            .connect_timeout = kConnectTimeout,
                                                            .idle_timeout = kIdleTimeout,
                                                            .answer_timeout = kAnswerTimeout});
  if (!http) {
    return tl::unexpected(http.error());
  }
  Service service(session, {*region, std::move(name.name)}, std::move(*http));
  service.limits_ = limits;
  service.base_url_ = *url;
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

Failure Service::failure_of(const Call& call, const http::Response& answer,
                            const Credentials& credentials) const {
  const ServiceError refusal = service_error_of(answer);
  const Operation operation{scope_.service, call.operation, permission_for(call),
                            credentials.origin};
  return {refusal.type, explain(operation, answer, refusal)};
}

Outcome<http::Response> Service::send(const Call& call) {
  bool renewed = false;
  std::uint32_t begun = 0;       // requests whose body libcurl has begun to send, by itself again
  std::uint32_t unanswered = 0;  // of those
  Call counted = call;
  if (call.body) {
    counted.body = [&] { return counting(call.body(), begun); };
  }
  for (std::uint32_t retry = 0;; ++retry) {
    const auto failed = [&](Failure failure) {
      failure.maybe_done = unanswered > 0;
      return tl::unexpected(std::move(failure));
    };
    const Result<Credentials> credentials = session_->credentials();
    if (!credentials) {
      return failed(at_operation(credentials.error(), scope_.service, call));
    }
    const http::Request request = signed_request(counted, credentials->key);
    const std::uint32_t before = begun;
    Result<http::Response> answer = http_.send(request);
    if (answer && is_success(*answer)) {
      return std::move(*answer);
    }
    const bool refused = answer && answer->status >= 300 && answer->status < 500;
    unanswered += begun - before - (refused && begun > before ? 1 : 0);
    if (!answer) {
      if (!is_lost(answer.error()) || retry >= limits_.most) {
        const Error at_url = answer.error().with_context(http::printable_url(request.url));
        return failed(at_operation(at_url, scope_.service, call));
      }
      wait_before(retry, nullptr);
      continue;
    }
    const ServiceError refusal = service_error_of(*answer);
    const bool throttling = is_throttling(*answer, refusal);
    throttled_ += throttling ? 1 : 0;
    if ((throttling || !refused) && retry < limits_.most) {
      wait_before(retry, &*answer);
    } else if (is_expired_token(refusal) && !std::exchange(renewed, true)) {
      session_->forget_credentials();
    } else {
      return failed(failure_of(call, *answer, *credentials));
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
    Failure failure =
        at_operation({ErrorCode::bad_input, "the answer is no JSON"}, scope_.service, call);
    failure.maybe_done = true;
    return tl::unexpected(std::move(failure));
  }
  return std::move(*json);
}

}  // namespace ocibench::aws
