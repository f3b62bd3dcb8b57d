#include "common/model/reference.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/model/names.hpp"
#include "common/text.hpp"

namespace ocibench {
namespace {

constexpr std::size_t kLongestReference = 300;

constexpr std::string_view kSha256 = "sha256:";
constexpr std::string_view kSha512 = "sha512:";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

/// The separator at the front of `text`: ".", "_", "__" or any run of "-"; 0 if there is none.
std::size_t separator_bytes(std::string_view text) {
  if (text.starts_with("__")) {
    return 2;
  }
  if (text.starts_with('.') || text.starts_with('_')) {
    return 1;
  }
  return std::min(text.find_first_not_of('-'), text.size());
}

/// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  for (;;) {
    const auto* const end = std::ranges::find_if_not(text, is_lower_or_digit);
    if (end == text.begin()) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) {
      return true;
    }
    const std::size_t separator = separator_bytes(text);
    if (separator == 0) {
      return false;
    }
    text.remove_prefix(separator);
  }
}

/// Whether every part of `text` between `separator`s satisfies `accepts`.
bool all_parts(std::string_view text, char separator, bool (*accepts)(std::string_view)) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (!accepts(text.substr(0, end))) {
      return false;
    }
    if (end == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(end + 1);
  }
}

bool is_platform_part(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(
      ErrorCode::bad_input,
      fmt::format("\"{}\" is no image reference (host[:port]/repository[:tag][@digest]): {}",
                  printable(text, kLongestReference), why));
}

}  // namespace

bool is_repository(std::string_view text) {
  return text.size() <= kMaxRepositoryBytes && all_parts(text, '/', is_path_component);
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTagBytes && text.front() != '.' &&
         text.front() != '-' && std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_digest(std::string_view text) {
  return (text.starts_with(kSha256) && is_lower_hex(text.substr(kSha256.size()), 64)) ||
         (text.starts_with(kSha512) && is_lower_hex(text.substr(kSha512.size()), 128));
}

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return text.size() <= kMaxMediaTypeBytes && slash != 0 && slash != std::string_view::npos &&
         slash + 1 < text.size() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
}

bool is_platform(std::string_view text) {
  const auto slashes = std::ranges::count(text, '/');
  return text.size() <= kMaxPlatformBytes && (slashes == 1 || slashes == 2) &&
         all_parts(text, '/', is_platform_part);
}

Result<Reference> parse_reference(std::string_view text) {
  Reference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest(reference.digest)) {
      return refuse(text, "what follows @ is no digest");
    }
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return refuse(text, "there is no /, write the host out");
  }
  reference.host = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(reference.tag)) {
      return refuse(text, "the tag is malformed");
    }
  }
  reference.repository = rest;
  // The spec's grammar allows any first component; one without a dot, a colon or the name
  // "localhost" would be a Docker Hub short name, and those are not guessed at.
  if (!is_host(reference.host) ||
      (reference.host.find_first_of(".:") == std::string::npos && reference.host != "localhost")) {
    return refuse(text, "it does not start with a host name");
  }
  if (!is_repository(reference.repository)) {
    return refuse(text, "the repository is malformed (lower case, digits and separators)");
  }
  if (reference.tag.empty() && reference.digest.empty()) {
    return refuse(text, "it has neither a tag nor a digest");
  }
  return reference;
}

std::string to_string(const Reference& reference) {
  return fmt::format("{}/{}{}{}{}{}", reference.host, reference.repository,
                     reference.tag.empty() ? "" : ":", reference.tag,
                     reference.digest.empty() ? "" : "@", reference.digest);
}

}  // namespace ocibench
