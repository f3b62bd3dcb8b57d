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
/// For messages: without the query, which may be a signature, and bounded in length.
std::string printable_url(std::string_view url);

/// localhost, 127.0.0.0/8 and ::1, with or without a port.
bool is_loopback(std::string_view host);

/// RFC 3986, section 2: everything but unreserved characters as %XX, in upper case.
std::string percent_encoded(std::string_view text);

}  // namespace ocibench::http
