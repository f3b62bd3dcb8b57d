#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/target/certificate_authority.hpp"
#include "common/error.hpp"
#include "common/model/observation.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// One registry and the port of 127.0.0.1 at which the proxy stands in for it.
struct ProxiedRegistry {
  oci::Endpoint upstream;
  std::uint16_t port = 0;
};

struct ProxySetup {
  ProxiedRegistry source;
  ProxiedRegistry target;
  std::optional<ServerCertificate> certificate;  ///< speaks TLS and HTTP/2 when it has one
};

/// Answers 200 on either side as soon as the proxy serves, and is not logged.
inline constexpr const char* kProxyReadyPath = "/ocibench-ready";

/// Where the proxy logs what is asked of one side, below its own directory.
std::string access_log_name(RegistrySide side);

/// nginx.conf of a proxy that changes as little as it can: the tool's headers go through as sent,
/// repeated ones and Host included (a registry that is not on this host gets its own name as Host);
/// bodies are passed on as they arrive; nothing is cached, tried again or rewritten. Every request
/// is a line of an access log, written when it ends; see parse_log_line().
/// Errors: bad_input when a path or host cannot stand in the file.
Result<std::string> proxy_config(const ProxySetup& setup);

}  // namespace ocibench::agent
