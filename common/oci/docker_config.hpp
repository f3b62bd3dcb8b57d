#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::oci {

// The file config.json in which docker and the tools that follow it keep credentials.
// https://docs.docker.com/reference/cli/docker/login/

inline constexpr std::string_view kDockerHub = "docker.io";
inline constexpr std::string_view kDockerHubApi = "registry-1.docker.io";

/// docker.io under any of its names.
bool is_docker_hub(std::string_view host);

/// The name under which credential helpers know a host: of docker.io it is a URL.
std::string server_key(std::string_view host);

/// What such a file says of one host.
struct DockerConfigEntry {
  std::optional<Credentials> credentials;  ///< out of `auths`
  std::string helper;  ///< else "ecr-login": docker-credential-ecr-login is to be asked; or empty

  friend bool operator==(const DockerConfigEntry&, const DockerConfigEntry&) = default;
};

/// A helper for the host goes first, then its entry of `auths` (which may be spelt with https:// or
/// http:// before it; docker.io is that of index.docker.io), then the store for all hosts.
/// Errors: bad_input, without a word of the text: it may hold passwords.
Result<DockerConfigEntry> find_in_docker_config(std::string_view text, std::string_view origin,
                                                std::string_view host);

struct HostCredentials {
  std::string host;  ///< as the tool is told it
  Credentials credentials;
};

/// Such a file with these hosts and no others.
std::string docker_config_json(const std::vector<HostCredentials>& hosts);

}  // namespace ocibench::oci
