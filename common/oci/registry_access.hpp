#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::oci {

/// Asks the credential helper of that name for a server. Errors: as ask_credential_helper().
using AskHelper = std::function<Result<std::optional<Credentials>>(const std::string& name,
                                                                   const std::string& server)>;

/// How registries that appear as host names in a corpus or a campaign are reached.
struct RegistryAccess {
  std::filesystem::path docker_config;        ///< config.json; empty: none
  std::string docker_auth;                    ///< the same as text, which goes first; empty: none
  AskHelper ask_helper;                       ///< empty: a host that needs a helper is an error
  std::filesystem::path ca_file;              ///< empty: the system's certificates
  std::vector<std::string> plain_http_hosts;  ///< besides loopback, which is always plain http

  /// Reads the files anew each time. Errors: bad_input (no host, a malformed file), those of
  /// ask_helper.
  [[nodiscard]] Result<Endpoint> endpoint(std::string_view host) const;
};

/// That of whoever runs this process: $DOCKER_AUTH_CONFIG (as the docker CLI and GitLab know it),
/// $DOCKER_CONFIG/config.json or ~/.docker/config.json, helpers on the PATH, $SSL_CERT_FILE.
RegistryAccess registry_access_from_environment();

}  // namespace ocibench::oci
