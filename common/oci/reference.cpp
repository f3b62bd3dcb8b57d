#include "common/oci/reference.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "common/oci/digest.hpp"

namespace ocibench::oci {
namespace {

constexpr std::size_t kMaxRepositoryBytes = 255;
constexpr std::size_t kMaxTagBytes = 128;
constexpr std::size_t kMaxHostBytes = 255;
constexpr std::size_t kMaxPortDigits = 5;
constexpr std::size_t kLongestReference = 300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_alphanumeric(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

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
    const auto* const end = std::ranges::find_if_not(text, is_lower);
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

bool is_label(std::string_view text) {
  return !text.empty() && !text.starts_with('-') && !text.ends_with('-') &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
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

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPortDigits && std::ranges::all_of(text, is_digit);
}

bool is_ipv6_literal(std::string_view text) {
  return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(
      ErrorCode::bad_input,
      fmt::format("\"{}\" is no image reference (host[:port]/repository[:tag][@digest]): {}",
                  text.substr(0, kLongestReference), why));
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

bool is_host(std::string_view text) {
  if (text.size() > kMaxHostBytes) {
    return false;
  }
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    if (!is_port(text.substr(colon + 1))) {
      return false;
    }
    text = text.substr(0, colon);
  }
  return is_ipv6_literal(text) || all_parts(text, '.', is_label);
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

}  // namespace ocibench::oci
