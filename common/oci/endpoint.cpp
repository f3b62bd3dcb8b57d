#include "common/oci/endpoint.hpp"

#include <fmt/format.h>

namespace ocibench::oci {

std::string base_url(const Endpoint& endpoint) {
  return fmt::format("{}://{}", endpoint.scheme == Scheme::http ? "http" : "https", endpoint.host);
}

}  // namespace ocibench::oci
