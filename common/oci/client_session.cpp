#include "common/oci/client_session.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/oci/digest.hpp"
#include "common/oci/reference.hpp"
#include "common/oci/url.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxPages = 10'000;
constexpr std::size_t kLongestQuote = 100;

/// The target of rel="next" in a Link header (RFC 8288), or nothing.
std::string_view next_link(const HttpResponse& response) {
  const std::string_view link = response.header("link");
  const std::size_t open = link.find('<');
  const std::size_t close = link.find('>');
  const bool next = link.find("rel=\"next\"") != std::string_view::npos ||
                    link.find("rel=next") != std::string_view::npos;
  return next && open < close && close != std::string_view::npos
             ? link.substr(open + 1, close - open - 1)
             : std::string_view{};
}

}  // namespace

std::string pull_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull", repository);
}

std::string push_scope(std::string_view repository) {
  return fmt::format("repository:{}:pull,push", repository);
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
      fmt::format("{} {}", to_string(method), printable_url(answer.url)));
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

Result<std::string> Client::Session::start_upload(std::string_view repository,
                                                  const BlobInfo& blob) {
  const Result<Answer> answer =
      expect({.request = {.method = Method::post, .url = url(repository, "blobs/uploads/")},
              .scopes = push_scope(repository)},
             {202});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const std::string_view location = answer->response.header("location");
  return resolve_url(answer->url, location).map([&](const std::string& absolute) {
    const char separator = absolute.find('?') == std::string::npos ? '?' : '&';
    return fmt::format("{}{}digest={}", absolute, separator, blob.digest);
  });
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
      return fail(taken.error(), fmt::format("GET {}", printable_url(answer->url)));
    }
    const std::string_view next = next_link(answer->response);
    if (next.empty()) {
      return {};
    }
    const Result<std::string> target = resolve_url(answer->url, next);
    if (!target) {
      return tl::unexpected(target.error());
    }
    call.request.url = *target;
  }
  return fail(ErrorCode::limit,
              fmt::format("GET {}: its pages never end", printable_url(call.request.url)));
}

}  // namespace ocibench::oci
