#include "protocol/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace ocibench::protocol {
namespace {

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, section 2.3.4

struct HostAndPort {
  std::string host;
  std::string port;
};

std::optional<HostAndPort> split(const std::string& endpoint) {
  constexpr std::string_view kScheme = "tcp://";
  const std::size_t colon = endpoint.rfind(':');
  if (!endpoint.starts_with(kScheme) || colon < kScheme.size() || colon == std::string::npos) {
    return std::nullopt;
  }
  return HostAndPort{endpoint.substr(kScheme.size(), colon - kScheme.size()),
                     endpoint.substr(colon + 1)};
}

/// libzmq itself takes port 99999 and listens on 34463.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint32_t> ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1
             ? std::optional<std::uint32_t>(ntohl(address.s_addr))
             : std::nullopt;
}

/// RFC 1123: letters, digits, '-' and '.', and not only digits and dots (that was meant to be an
/// address).
bool is_host_name(std::string_view host) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_other = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !host.empty() && host.size() <= kMaxHostBytes && host.front() != '-' &&
         host.front() != '.' && std::ranges::any_of(host, is_letter) &&
         std::ranges::all_of(host, [&](char c) { return is_letter(c) || is_other(c); });
}

}  // namespace

Result<void> check_endpoint(const std::string& endpoint, EndpointUse use) {
  const auto parts = split(endpoint);
  const bool named = parts && use == EndpointUse::connect && is_host_name(parts->host);
  if (!parts || !is_port(parts->port) || (!ipv4(parts->host) && !named)) {
    return fail(ErrorCode::bad_input,
                fmt::format("'{}' is not an endpoint like tcp://127.0.0.1:7171", endpoint));
  }
  return {};
}

bool is_loopback(const std::string& endpoint) {
  constexpr std::uint32_t kLoopbackNet = 127;
  const auto parts = split(endpoint);
  const auto address = parts ? ipv4(parts->host) : std::nullopt;
  return address && *address >> 24 == kLoopbackNet;
}

}  // namespace ocibench::protocol
