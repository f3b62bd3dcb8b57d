#pragma once

#include <string_view>

namespace ocibench {

/// "host[:port]": a DNS name (RFC 1123, 2.1), an IPv4 address or an IPv6 address in brackets, and a
/// port of 1..65535. A name that ends in a number must be a whole IPv4 address: resolvers take
/// "127.1" for one, others ask for it by DNS.
bool is_host(std::string_view text);

/// localhost, 127.0.0.0/8 and [::1], with or without a port.
bool is_loopback(std::string_view host);

}  // namespace ocibench
