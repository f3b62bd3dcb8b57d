#include "common/oci/registry_access.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/host.hpp"
#include "common/host_name.hpp"
#include "common/oci/credential_helper.hpp"
#include "common/oci/docker_config.hpp"
#include "common/text.hpp"

namespace ocibench::oci {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1024 * 1024;
constexpr const char* kAuthVariable = "DOCKER_AUTH_CONFIG";

/// Empty when there is no such file.
Result<std::string> read_config(const std::filesystem::path& file) {
  Result<std::string> text =
      file.empty() ? Result<std::string>() : read_file(file, kMaxConfigBytes);
  return !text && text.error().code == ErrorCode::not_found ? Result<std::string>() : text;
}

std::filesystem::path docker_config_file() {
  if (const auto directory = environment_variable("DOCKER_CONFIG")) {
    return std::filesystem::path(*directory) / "config.json";
  }
  const auto home = environment_variable("HOME");
  return home ? std::filesystem::path(*home) / ".docker" / "config.json" : std::filesystem::path();
}

Result<std::optional<Credentials>> credentials_in(const std::string& text,
                                                  const std::string& origin, std::string_view host,
                                                  const AskHelper& ask_helper) {
  const Result<DockerConfigEntry> entry = find_in_docker_config(text, origin, host);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  if (entry->helper.empty()) {
    return entry->credentials;
  }
  if (!ask_helper) {
    return fail(ErrorCode::unavailable,
                fmt::format("{}: {} is served by the credential helper {}, which is not run here",
                            origin, host, entry->helper));
  }
  return ask_helper(entry->helper, server_key(host));
}

}  // namespace

Result<Endpoint> RegistryAccess::endpoint(std::string_view host) const {
  if (!is_host(host)) {  // it is given to credential helpers, a line each
    return fail(ErrorCode::bad_input,
                fmt::format("\"{}\" is no registry host", printable(host, kLongestQuote)));
  }
  const bool plain =
      is_loopback(host) || std::ranges::find(plain_http_hosts, host) != plain_http_hosts.end();
  Endpoint endpoint{.host = std::string(host == kDockerHub ? kDockerHubApi : host),
                    .scheme = plain ? Scheme::http : Scheme::https,
                    .ca_file = ca_file};
  auto credentials = credentials_in(docker_auth, kAuthVariable, host, ask_helper);
  if (credentials && !*credentials) {
    credentials = read_config(docker_config).and_then([&](const std::string& text) {
      return credentials_in(text, docker_config.string(), host, ask_helper);
    });
  }
  if (!credentials) {
    return tl::unexpected(std::move(credentials.error()));
  }
  endpoint.credentials = *std::move(credentials);
  return endpoint;
}

RegistryAccess registry_access_from_environment() {
  return {.docker_config = docker_config_file(),
          .docker_auth = environment_variable(kAuthVariable).value_or(""),
          .ask_helper =
              [](const std::string& name, const std::string& server) {
                return ask_credential_helper(name, server, whole_environment());
              },
          .ca_file = environment_variable("SSL_CERT_FILE").value_or("")};
}

}  // namespace ocibench::oci
