#pragma once

#include <string>

#include "agent/prepared_run.hpp"
#include "agent/process/process_runner.hpp"
#include "agent/trial_context.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// Where one run of the tool works and puts things.
struct RunPlace {
  std::string prefix;  ///< namespace at the target
  std::string suffix;  ///< of the directories "work" and "state"; equal: the tool's state is kept
  std::string log;     ///< prefix of the names of its logs
};

/// Renders the tool's definition for the run's registries and writes its files. Credentials go into
/// a file in the tool's own state directory that only the owner reads and that goes with the trial:
/// never into arguments, into files that are kept with the results, or into logs.
/// Errors: io, not_found (certificates), bad_input (templates; a tool that cannot be given
/// credentials).
Result<Command> make_tool_command(const TrialContext& trial, const PreparedRun& run,
                                  const RunPlace& place);

}  // namespace ocibench::agent
