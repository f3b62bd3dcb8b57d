#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench::oci {

enum class Scheme { http, https };

struct Credentials {
  std::string username;
  std::string password;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// One registry and how to speak to it.
struct Endpoint {
  std::string host;  ///< "127.0.0.1:5001"
  Scheme scheme = Scheme::https;
  std::filesystem::path ca_file;  ///< PEM; empty: the system's certificates
  std::optional<Credentials> credentials;
};

/// "http://127.0.0.1:5001", without a final slash.
std::string base_url(const Endpoint& endpoint);

/// Reads `auths` of a docker config.json: nothing when the file or the host is not there. For
/// docker.io the entry of index.docker.io counts. Credential helpers are not run.
/// Errors: bad_input (malformed), unavailable (the host is served by a credential helper).
Result<std::optional<Credentials>> read_docker_credentials(
    const std::filesystem::path& docker_config, std::string_view host);

/// How registries that appear as host names in a corpus are reached.
struct RegistryAccess {
  std::filesystem::path docker_config;        ///< config.json; empty: no credentials
  std::filesystem::path ca_file;              ///< empty: the system's certificates
  std::vector<std::string> plain_http_hosts;  ///< besides loopback, which is always plain http

  /// Errors: those of read_docker_credentials.
  [[nodiscard]] Result<Endpoint> endpoint(std::string_view host) const;
};

}  // namespace ocibench::oci
