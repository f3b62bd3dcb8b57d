#pragma once

#include <sys/types.h>

#include <cstdint>

#include "common/error.hpp"

namespace ocibench::agent {

/// A port of 127.0.0.1 that nobody listened on a moment ago; it is not held. Errors: io.
Result<std::uint16_t> free_loopback_port();

/// Does this very process listen on the port of 127.0.0.1 (or of all addresses)? An answer on a
/// port proves nothing: another program may have taken it meanwhile. Reads /proc/net/tcp{,6} and
/// /proc/PID/fd, see proc(5).
bool listens_on(pid_t pid, std::uint16_t port);

}  // namespace ocibench::agent
