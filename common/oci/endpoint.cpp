#include "common/oci/endpoint.hpp"

#include <fmt/format.h>

namespace ocibench::oci {
namespace {

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  return port ? host.substr(0, colon) : host;
}

}  // namespace

std::string base_url(const Endpoint& endpoint) {
  return fmt::format("{}://{}", endpoint.scheme == Scheme::http ? "http" : "https", endpoint.host);
}

bool is_loopback(std::string_view host) {
  const std::string_view name = without_port(host);
  const bool v4 =
      name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos;
  return name == "localhost" || name == "[::1]" || v4;
}

}  // namespace ocibench::oci
