#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/process/process_runner.hpp"
#include "agent/target/registry_process.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

inline constexpr std::chrono::seconds kReadyTimeout{30};
inline constexpr std::chrono::milliseconds kReadyPoll{10};

/// A process that may come to serve.
struct AwaitedServer {
  const RegistryProcess& process;
  std::string name;  ///< for messages
  oci::Endpoint endpoint;
  std::uint16_t port = 0;
  std::string ready_path;  ///< answers 200 when it serves
};

/// Until it serves: that very process, not another that has taken the port meanwhile.
/// Errors: unavailable (ended) and timeout, both with what it printed, conflict (cancelled).
Result<void> await_ready(const AwaitedServer& server, const Clock& clock,
                         const Cancellation& cancellation);

/// Whether a server ended because somebody else had its port: another one may be free.
bool lost_its_port(const Error& error);

}  // namespace ocibench::agent
