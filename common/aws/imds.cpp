#include "common/aws/imds.hpp"

#include <utility>

#include <fmt/format.h>

namespace ocibench::aws {
namespace {

constexpr std::chrono::seconds kLinkLocalTimeout{1};
constexpr std::chrono::seconds kLinkLocalIdleTimeout{2};
constexpr std::chrono::seconds kLinkLocalAnswerTimeout{5};
constexpr std::chrono::milliseconds kFirstWait{100};
constexpr std::chrono::seconds kTokenLifetime{6 * 3600};
constexpr std::chrono::seconds kTokenMargin{60};
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

}  // namespace

Result<Imds> Imds::create(std::string endpoint, const Clock& clock) {
  Result<http::Connection> http =
      http::Connection::create({.connect_timeout = kLinkLocalTimeout,
                                .idle_timeout = kLinkLocalIdleTimeout,
                                .answer_timeout = kLinkLocalAnswerTimeout,
                                .proxy = http::Proxy::none});
  if (!http) {
    return tl::unexpected(http.error());
  }
  if (endpoint.ends_with('/')) {
    endpoint.pop_back();
  }
  return Imds(std::move(endpoint), clock, std::move(*http));
}

Imds::Imds(std::string endpoint, const Clock& clock, http::Connection http)
    : endpoint_(std::move(endpoint)), clock_(&clock), http_(std::move(http)) {}

Result<void> Imds::ensure_token() {
  if (absent_until_ && clock_->now() < *absent_until_) {
    return fail(ErrorCode::unavailable, "there is no instance metadata service here");
  }
  if (!token_.empty() && clock_->now() < token_expires_) {
    return {};
  }
  const Result<http::Response> answer = http_.send(
      {.method = http::Method::put,
       .url = endpoint_ + "/latest/api/token",
       .headers = {fmt::format("X-aws-ec2-metadata-token-ttl-seconds: {}", kTokenLifetime.count())},
       .max_collected_bytes = kMaxAnswerBytes});
  if (!answer) {
    if (was_there_) {
      return fail(answer.error(), fmt::format("instance metadata at {}", endpoint_));
    }
    absent_until_ = clock_->now() + kAbsentFor;
    return fail(ErrorCode::unavailable,
                fmt::format("there is no instance metadata service at {} ({})", endpoint_,
                            answer.error().message));
  }
  const bool shaped = answer->body.find_first_of("\r\n") == std::string::npos;
  if (answer->status != 200 || answer->body.empty() || !shaped) {
    return fail(ErrorCode::unavailable,
                fmt::format("the instance metadata service gives no token ({}): it must be enabled "
                            "for this instance, with a hop limit of 2 where this is a container",
                            answer->status));
  }
  was_there_ = true;
  token_ = answer->body;
  token_expires_ = clock_->now() + kTokenLifetime - kTokenMargin;
  return {};
}

Result<std::string> Imds::get(std::string_view path) {
  for (int attempt = 1;; ++attempt) {
    Result<std::string> got = get_once(path);
    const bool final = got || got.error().code == ErrorCode::not_found || !was_there_;
    if (final || attempt == kMostTries) {
      return got;
    }
    http_.wait(kFirstWait * attempt);
  }
}

Result<std::string> Imds::get_once(std::string_view path) {
  if (const Result<void> ready = ensure_token(); !ready) {
    return tl::unexpected(ready.error());
  }
  Result<http::Response> answer = http_.send({.url = fmt::format("{}{}", endpoint_, path),
                                              .headers = {"X-aws-ec2-metadata-token: " + token_},
                                              .max_collected_bytes = kMaxAnswerBytes});
  if (!answer) {
    return fail(answer.error(), fmt::format("instance metadata {}{}", endpoint_, path));
  }
  if (answer->status == 200) {
    return std::move(answer->body);
  }
  if (answer->status == 404) {
    return fail(ErrorCode::not_found, fmt::format("instance metadata has no {}", path));
  }
  if (answer->status == 401) {
    token_.clear();  // it is not good any more: the next try asks for another
  }
  return fail(ErrorCode::unavailable,
              fmt::format("instance metadata {}: {}", path, answer->status));
}

}  // namespace ocibench::aws
