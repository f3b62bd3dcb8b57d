#include "agent/target/readiness.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "agent/target/listener.hpp"
#include "common/oci/client.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

/// What servers print when somebody else has the port (EADDRINUSE), after "a" or "A".
constexpr std::string_view kPortTaken = "ddress already in use";

}  // namespace

Result<void> await_ready(const AwaitedServer& server, const Clock& clock,
                         const Cancellation& cancellation) {
  Result<oci::Client> client =
      oci::Client::create(server.endpoint, {.connect_timeout = kReadyTimeout,
                                            .idle_timeout = kReadyTimeout,
                                            .answer_timeout = kReadyTimeout,
                                            .max_retries = 0});
  if (!client) {
    return tl::unexpected(std::move(client.error()));
  }
  const MonoTime deadline = clock.now() + kReadyTimeout;
  while (true) {
    if (listens_on(server.process.pid(), server.port) && client->ping(server.ready_path)) {
      return {};
    }
    switch (server.process.wait(kReadyPoll, cancellation)) {
      case RegistryProcess::Event::nothing: break;
      case RegistryProcess::Event::cancelled: return fail(ErrorCode::conflict, "interrupted");
      case RegistryProcess::Event::ended:
        return fail(ErrorCode::unavailable, fmt::format("{} ended before it served: {}",
                                                        server.name, server.process.output()));
    }
    if (clock.now() >= deadline) {
      return fail(ErrorCode::timeout,
                  fmt::format("{} does not serve {} on {} after {}: {}", server.name,
                              server.ready_path, server.endpoint.host,
                              format_duration(kReadyTimeout), server.process.output()));
    }
  }
}

bool lost_its_port(const Error& error) {
  return error.message.find(kPortTaken) != std::string::npos;
}

}  // namespace ocibench::agent
