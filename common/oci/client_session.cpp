#include "common/oci/client_session.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/http/url.hpp"
#include "common/model/reference.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxPages = 10'000;

/// The target of rel="next" in a Link header (RFC 8288), or nothing.
std::string_view next_link(const http::Response& response) {
  const std::string_view link = response.header("link");
  const std::size_t open = link.find('<');
  const std::size_t close = link.find('>');
  const bool next = link.find("rel=\"next\"") != std::string_view::npos ||
                    link.find("rel=next") != std::string_view::npos;
  return next && open < close && close != std::string_view::npos
             ? link.substr(open + 1, close - open - 1)
             : std::string_view{};
}

/// A registry may refuse to mount with any status of its own; the blob can be uploaded all the
/// same.
bool answers_a_mount(int status) {
  const bool refused = status >= 400 && status < 500 && status != 401 && status != 429;
  return status == 201 || status == 202 || refused;
}

bool is_success(int status) { return status >= 200 && status < 300; }

/// Storage that signs its addresses for GET alone answers 403, and that is left to its callers.
bool refuses_method(int status) { return status == 400 || status == 405 || status == 501; }

std::string with_digest(std::string_view url, const BlobInfo& blob) {
  const char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  return fmt::format("{}{}digest={}", url, separator, blob.digest);
}

}  // namespace

std::string pull_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull", repository);
}

std::string push_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull,push", repository);
}

std::string delete_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull,delete", repository);
}

Result<void> check_repository(std::string_view repository) {
  if (!is_repository(repository)) {
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no repository name", repository.substr(0, kLongestQuote)));
  }
  return {};
}

Result<void> check_names(std::string_view repository, std::string_view reference) {
  if (!is_tag(reference) && !is_digest(reference)) {
    return fail(ErrorCode::bad_input, fmt::format("\"{}\" is neither a tag nor a digest",
                                                  reference.substr(0, kLongestQuote)));
  }
  return check_repository(repository);
}

Error wrong_answer(Method method, const Answer& answer, std::string_view what) {
  return Error{ErrorCode::bad_input, std::string(what)}.with_context(
      fmt::format("{} {}", to_string(method), http::printable_url(answer.url)));
}

Result<std::string> upload_url(const Answer& answer) {
  return http::next_url(answer.url, answer.response.header("location"))
      .map_error([&](const Error& error) {
        return error.with_context(fmt::format("Location from {}", http::printable_url(answer.url)));
      });
}

std::string Client::Session::url(std::string_view repository, std::string_view rest) const {
  return fmt::format("{}/v2/{}/{}", base_url(registry.endpoint()), repository, rest);
}

Result<Answer> Client::Session::expect(const Call& call, std::initializer_list<int> wanted) {
  Result<Answer> answer = registry.send(call);
  if (answer && std::ranges::find(wanted, answer->response.status) == wanted.end()) {
    return tl::unexpected(answer_error(call.request.method, *answer));
  }
  return answer;
}

Result<Answer> Client::Session::expect_success(const Call& call, std::initializer_list<int> also) {
  Result<Answer> answer = registry.send(call);
  if (answer && !is_success(answer->response.status) &&
      std::ranges::find(also, answer->response.status) == also.end()) {
    return tl::unexpected(answer_error(call.request.method, *answer));
  }
  return answer;
}

Result<Answer> Client::Session::head(Call call) {
  call.request.method = Method::head;
  Result<Answer> answer = registry.send(call);
  if (answer && refuses_method(answer->response.status)) {
    call.request.method = Method::get;
    answer = registry.open(call);
  }
  if (answer && !is_success(answer->response.status)) {
    return tl::unexpected(answer_error(call.request.method, *answer));
  }
  return answer;
}

Result<Answer> Client::Session::ask_to_mount(std::string_view repository, std::string_view digest,
                                             std::string_view from_repository) {
  for (const std::string_view name : {repository, from_repository}) {
    if (const Result<void> valid = check_names(name, digest); !valid) {
      return tl::unexpected(valid.error());
    }
  }
  const std::string rest = fmt::format("blobs/uploads/?mount={}&from={}", digest, from_repository);
  const Call call{
      .request = {.method = Method::post, .url = url(repository, rest)},
      .scopes = fmt::format("{} {}", push_scope(repository), pull_scope(from_repository))};
  Result<Answer> answer = registry.send(call);
  if (answer && !answers_a_mount(answer->response.status)) {
    return tl::unexpected(answer_error(Method::post, *answer));
  }
  return answer;
}

Result<std::string> Client::Session::start_upload(std::string_view repository) {
  return expect_success(
             {.request = {.method = Method::post, .url = url(repository, "blobs/uploads/")},
              .scopes = push_scope(repository)})
      .and_then(upload_url);
}

Result<Answer> Client::Session::send_blob(const std::string& url, const Upload& upload) {
  // Not repeated by itself: after a refused PUT nobody knows how much the upload has kept.
  Call call{.request = {.method = upload.by == UploadBy::put ? Method::put : Method::patch,
                        .url = upload.by == UploadBy::put ? with_digest(url, upload.blob) : url,
                        .headers = {"Content-Type: application/octet-stream"},
                        .body = upload.open,
                        .body_bytes = upload.blob.size_bytes},
            .scopes = push_scope(upload.repository),
            .repeat = Repeat::refused};
  if (upload.by == UploadBy::put) {
    return expect_success(call, {429, 503});
  }
  const Result<Answer> sent = expect_success(call, {429, 503});
  if (!sent || sent->response.status == 429 || sent->response.status == 503) {
    return sent;
  }
  // ECR may answer 201 when it has all of a blob, and refuse the PUT that is to end the upload.
  const bool claimed = sent->response.status == 201;
  const Result<std::string> next = upload_url(*sent);
  if (!next && !claimed) {
    return tl::unexpected(next.error());
  }
  call.request = {.method = Method::put,
                  .url = with_digest(next.value_or(url), upload.blob),
                  .body = []() -> Result<ByteSource> { return source_of(""); }};
  Result<Answer> ended = expect_success(call, {429, 503});
  return !ended && claimed && has_blob(upload) ? sent : ended;
}

bool Client::Session::has_blob(const Upload& upload) {
  return head({.request = {.url =
                               url(upload.repository, fmt::format("blobs/{}", upload.blob.digest))},
               .scopes = pull_scope(upload.repository)})
      .has_value();
}

Result<void> Client::Session::finish_upload(std::string url, const Upload& upload) {
  for (std::uint32_t retries = 0;; ++retries) {
    const Result<Answer> answer = send_blob(url, upload);
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    if (is_success(answer->response.status)) {
      return {};
    }
    if (Result<void> waited = registry.wait_to_retry(answer->response, retries); !waited) {
      return fail(waited.error(), fmt::format("PUT {}", http::printable_url(url)));
    }
    Result<std::string> fresh = start_upload(upload.repository);
    if (!fresh) {
      return tl::unexpected(fresh.error());
    }
    url = std::move(*fresh);
  }
}

Result<void> Client::Session::each_page(Call call,
                                        const std::function<Result<void>(const Answer&)>& take) {
  std::set<std::string> seen;
  while (seen.insert(call.request.url).second && seen.size() <= kMaxPages) {
    const Result<Answer> answer = expect(call, {200});
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    if (Result<void> taken = take(*answer); !taken) {
      return fail(taken.error(), fmt::format("GET {}", http::printable_url(answer->url)));
    }
    const std::string_view next = next_link(answer->response);
    if (next.empty()) {
      return {};
    }
    const Result<std::string> target = http::next_url(answer->url, next);
    if (!target) {
      return tl::unexpected(wrong_answer(Method::get, *answer, "Link: " + target.error().message));
    }
    call.request.url = *target;
  }
  return fail(ErrorCode::limit,
              fmt::format("GET {}: its pages never end", http::printable_url(call.request.url)));
}

}  // namespace ocibench::oci
