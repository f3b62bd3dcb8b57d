#include "common/host_name.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ocibench {
namespace {

constexpr std::size_t kMaxHostBytes = 255;  // RFC 1035, 2.3.4
constexpr std::size_t kMaxLabelBytes = 63;  // the same
constexpr std::uint32_t kMaxPort = 65'535;
constexpr std::size_t kMaxPortDigits = 5;

bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelBytes && !text.starts_with('-') &&
         !text.ends_with('-') && std::ranges::all_of(text, [](char c) {
           return is_decimal_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-';
         });
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  return !text.empty() && text.size() <= kMaxPortDigits &&
         std::ranges::all_of(text, is_decimal_digit) &&
         std::from_chars(text.data(), text.data() + text.size(), port).ec == std::errc() &&
         port >= 1 && port <= kMaxPort;
}

bool is_address(int family, std::string_view text) {
  std::array<std::uint8_t, sizeof(in6_addr)> binary{};
  return ::inet_pton(family, std::string(text).c_str(), binary.data()) == 1;
}

bool is_dns_name(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!is_label(label)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return !std::ranges::all_of(label, is_decimal_digit);
    }
    text.remove_prefix(dot + 1);
  }
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

HostAndPort split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return {text, std::nullopt};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_ipv6_literal(std::string_view text) {
  return text.size() > 2 && text.starts_with('[') && text.ends_with(']') &&
         is_address(AF_INET6, text.substr(1, text.size() - 2));
}

}  // namespace

bool is_host(std::string_view text) {
  const HostAndPort parts = split(text);
  return text.size() <= kMaxHostBytes && text.find('\0') == std::string_view::npos &&
         (!parts.port || is_port(*parts.port)) &&
         (is_ipv6_literal(parts.host) || is_address(AF_INET, parts.host) ||
          is_dns_name(parts.host));
}

bool is_loopback(std::string_view host) {
  const std::string_view name = split(host).host;
  return name == "localhost" || name == "[::1]" ||
         (name.starts_with("127.") && is_address(AF_INET, name));
}

}  // namespace ocibench
