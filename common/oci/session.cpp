#include "common/oci/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/http/url.hpp"
#include "common/json.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

constexpr std::uint32_t kMaxRedirects = 5;
constexpr std::uint32_t kMaxChallenges = 2;
constexpr std::chrono::milliseconds kFirstBackOff{500};
constexpr std::size_t kLongestRegistryText = 300;
constexpr std::array<std::string_view, 10> kReportedHeaders = {
    "x-served-by",     "age",    "x-cache", "x-cache-hits",    "x-amz-cf-pop",
    "cf-cache-status", "cf-ray", "via",     "ratelimit-limit", "ratelimit-remaining"};

bool asks_to_retry(int status) { return status == 429 || status == 503; }

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// {"errors":[{"code":...,"message":...}]}; anything else says nothing that we could trust.
std::string registry_text(std::string_view body) {
  const Result<Json> json = parse_json(body, "error body");
  const Result<JsonObject> object =
      json ? JsonObject::open(*json, "error body") : tl::unexpected(json.error());
  const auto errors = object ? object->objects("errors") : tl::unexpected(object.error());
  if (!errors || errors->empty()) {
    return {};
  }
  const JsonObject& first = errors->front();
  const std::string text = fmt::format(" {}: {}", first.text("code").value_or("no code"),
                                       first.text("message").value_or("no message"));
  return printable(text, kLongestRegistryText);
}

ErrorCode code_of(int status) {
  if (status == 404) {
    return ErrorCode::not_found;
  }
  if (status == 401 || status == 403 || status == 429 || status >= 500) {
    return ErrorCode::unavailable;
  }
  return status >= 400 ? ErrorCode::conflict : ErrorCode::bad_input;
}

Error at_url(const Error& error, Method method, std::string_view url) {
  return error.with_context(fmt::format("{} {}", to_string(method), http::printable_url(url)));
}

ResponseFacts facts_of(const http::Response& response, const http::UrlParts& url) {
  ResponseFacts facts{.status = response.status,
                      .final_host = url.host,
                      .first_byte = response.first_byte,
                      .total = response.total,
                      .body_bytes = response.body_bytes};
  for (const std::string_view name : kReportedHeaders) {
    if (const std::string_view value = response.header(name); !value.empty()) {
      facts.headers.emplace(name, printable(value, kLongestRegistryText));
    }
  }
  return facts;
}

}  // namespace

Error answer_error(Method method, const Answer& answer) {
  const int status = answer.response.status;
  return at_url({code_of(status), fmt::format("{}{}", status, registry_text(answer.response.body))},
                method, answer.url);
}

Result<RegistrySession> RegistrySession::create(Endpoint endpoint, ClientLimits limits) {
  if (!is_host(endpoint.host)) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is no registry host",
                                                  printable(endpoint.host, kLongestRegistryText)));
  }
  if (endpoint.scheme == Scheme::http && endpoint.credentials && !is_loopback(endpoint.host)) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} is to be reached over plain http, and there are credentials for it, "
                    "which anybody on the way could read: use TLS (tls = true in a "
                    "campaign's [registry], no --plain-http), or forget them (docker "
                    "logout {})",
                    endpoint.host, endpoint.host));
  }
  Result<http::Connection> http =
      http::Connection::create({.ca_file = endpoint.ca_file,
                                .connect_timeout = limits.connect_timeout,
                                .idle_timeout = limits.idle_timeout,
                                .answer_timeout = limits.answer_timeout,
                                .keep_alive = limits.keep_alive});
  if (!http) {
    return tl::unexpected(http.error());
  }
  return RegistrySession(std::move(endpoint), limits, std::move(*http));
}

RegistrySession::RegistrySession(Endpoint endpoint, ClientLimits limits, http::Connection http)
    : endpoint_(std::move(endpoint)),
      limits_(limits),
      http_(std::move(http)),
      clock_(std::make_unique<SystemClock>()) {}

bool RegistrySession::is_own(std::string_view url) const {
  const Result<http::UrlParts> own = http::parse_url(base_url(endpoint_));
  const Result<http::UrlParts> other = http::parse_url(url);
  return own && other && *own == *other;
}

Result<Answer> RegistrySession::send(const Call& call) {
  return exchange(call, &http::Connection::send);
}

Result<Answer> RegistrySession::open(const Call& call) {
  return exchange(call, &http::Connection::open);
}

Result<std::size_t> RegistrySession::read(std::span<char> buffer) { return http_.read(buffer); }

Result<Answer> RegistrySession::exchange(const Call& call, Sender sender) {
  http::Request request = call.request;
  std::string scopes = call.scopes;
  std::uint32_t challenges = 0;
  ResponseFacts counted;
  for (;;) {
    const bool own = is_own(request.url);
    request.headers = call.request.headers;
    if (own) {
      const auto header = authorization(scopes);
      if (!header) {
        return tl::unexpected(at_url(header.error(), request.method, request.url));
      }
      if (*header) {
        request.headers.push_back(**header);
      }
    }
    Result<http::Response> response = (http_.*sender)(request);
    if (!response) {
      return tl::unexpected(at_url(response.error(), request.method, request.url));
    }
    if (response->status == 401 && own && challenges++ < kMaxChallenges) {
      if (Result<void> learned = learn_challenge(*response, scopes); !learned) {
        return tl::unexpected(at_url(learned.error(), request.method, request.url));
      }
      if (challenges == kMaxChallenges && !challenge_->scope.empty()) {
        scopes = challenge_->scope;  // the registry's own idea, when ours was not enough
      }
    } else if (asks_to_retry(response->status) && call.repeat == Repeat::allowed) {
      counted.throttled += response->status == 429 ? 1U : 0U;
      if (Result<void> waited = wait_to_retry(*response, counted.retries++); !waited) {
        return tl::unexpected(at_url(waited.error(), request.method, request.url));
      }
    } else if (is_redirect(response->status) && counted.redirects < kMaxRedirects &&
               (request.method == Method::get || request.method == Method::head)) {
      ++counted.redirects;
      Result<std::string> target = http::next_url(request.url, response->header("location"));
      if (!target) {
        return tl::unexpected(at_url(target.error(), request.method, request.url));
      }
      request.url = std::move(*target);
    } else {
      ResponseFacts facts =
          facts_of(*response, http::parse_url(request.url).value_or(http::UrlParts{}));
      facts.redirects = counted.redirects;
      facts.retries = counted.retries;
      facts.throttled = counted.throttled;
      return Answer{std::move(*response), std::move(request.url), std::move(facts)};
    }
  }
}

Result<void> RegistrySession::wait_to_retry(const http::Response& response, std::uint32_t retries) {
  if (retries >= limits_.max_retries) {
    return fail(ErrorCode::unavailable,
                fmt::format("still {} after {} retries", response.status, retries));
  }
  const std::chrono::milliseconds wait = response.retry_after
                                             ? std::chrono::milliseconds(*response.retry_after)
                                             : kFirstBackOff * (1U << std::min(retries, 16U));
  if (wait > limits_.max_retry_wait) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("{} asks to wait {} s, and no more than {} s is allowed", response.status,
                    wait.count() / 1000, limits_.max_retry_wait.count() / 1000));
  }
  http_.wait(wait);
  return {};
}

Result<std::optional<std::string>> RegistrySession::authorization(const std::string& scopes) {
  if (!challenge_) {
    return std::optional<std::string>{};
  }
  if (challenge_->kind == AuthKind::basic) {
    return endpoint_.credentials
               ? std::optional<std::string>(basic_authorization(*endpoint_.credentials))
               : std::optional<std::string>{};
  }
  if (const std::optional<Token> known = tokens_.find(scopes, clock_->now())) {
    return std::optional<std::string>(bearer_authorization(*known));
  }
  return fetch_token(scopes).map([&](const Token& token) {
    tokens_.store(scopes, token, clock_->now());
    return std::optional<std::string>(bearer_authorization(token));
  });
}

Result<void> RegistrySession::learn_challenge(const http::Response& response,
                                              const std::string& scopes) {
  std::vector<std::string> headers;
  const auto [first, last] = response.headers.equal_range("www-authenticate");
  std::transform(first, last, std::back_inserter(headers),
                 [](const auto& header) { return header.second; });
  Result<Challenge> challenge = parse_challenge(headers);
  if (!challenge) {
    return tl::unexpected(challenge.error());
  }
  if (challenge->kind == AuthKind::basic &&
      (!endpoint_.credentials || endpoint_.credentials->username.empty())) {
    return fail(ErrorCode::unavailable,
                "401, the registry wants a user name and password: log in with \"docker login\" or "
                "set DOCKER_AUTH_CONFIG");
  }
  challenge_ = std::move(*challenge);
  tokens_.forget(scopes);
  return {};
}

Result<Token> RegistrySession::fetch_token(std::string_view scopes) {
  http::Request request{.url = token_url(*challenge_, scopes)};
  if (const Result<void> safe = check_realm(request.url, endpoint_.host); !safe) {
    return tl::unexpected(safe.error());
  }
  std::string form;
  if (endpoint_.credentials && !endpoint_.credentials->identity_token.empty()) {
    form = token_form(*challenge_, scopes, *endpoint_.credentials);
    request = {.method = Method::post,
               .url = challenge_->realm,
               .headers = {"Content-Type: application/x-www-form-urlencoded"},
               .body = [&form]() -> Result<ByteSource> { return source_of(form); },
               .body_bytes = form.size()};
  } else if (endpoint_.credentials) {
    request.headers.push_back(basic_authorization(*endpoint_.credentials));
  }
  for (std::uint32_t retries = 0;; ++retries) {
    const Result<http::Response> response = http_.send(request);
    if (!response) {
      return tl::unexpected(at_url(response.error(), request.method, request.url));
    }
    if (asks_to_retry(response->status)) {
      if (Result<void> waited = wait_to_retry(*response, retries); !waited) {
        return tl::unexpected(at_url(waited.error(), request.method, request.url));
      }
      continue;
    }
    if (response->status != 200) {
      return tl::unexpected(answer_error(request.method, {*response, request.url, {}}));
    }
    return parse_token(response->body).map_error([&](const Error& error) {
      return at_url(error, request.method, request.url);
    });
  }
}

}  // namespace ocibench::oci
