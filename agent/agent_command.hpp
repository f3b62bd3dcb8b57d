#pragma once

#include "agent/options.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// Runs an agent until it is dismissed, stopped, refused or orphaned. Errors: everything that keeps
/// it from starting (data files, state directory, endpoint), and failures of our own.
Result<ExitCode> agent_command(AgentOptions options);

}  // namespace ocibench::agent
