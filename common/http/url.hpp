#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::http {

struct UrlParts {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< "host[:port]", the port only when it is not the scheme's own

  friend bool operator==(const UrlParts&, const UrlParts&) = default;
};

/// Errors: bad_input (malformed, other scheme, with user or password).
Result<UrlParts> parse_url(std::string_view url);
/// `location` as seen from `base`; an absolute one is taken verbatim, query and all.
Result<std::string> resolve_url(std::string_view base, std::string_view location);
/// Where an answer of `from` leads (a Location, the next page): resolve_url(), unless that would be
/// out of https into plain http, where anybody on the way could read and change what follows.
/// Errors: also unavailable.
Result<std::string> next_url(std::string_view from, std::string_view location);
/// For messages: without the query, which may be a signature, and bounded in length.
std::string printable_url(std::string_view url);

/// RFC 3986, section 2: everything but unreserved characters as %XX, in upper case.
std::string percent_encoded(std::string_view text);

}  // namespace ocibench::http
