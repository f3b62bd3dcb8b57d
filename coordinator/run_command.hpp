#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench run`: plans, runs and reports a campaign, or goes on with one that was cut off. Prints
/// the end of the report on stdout. Errors: everything that kept the campaign from starting, and
/// failures of our own; a tool that fails is a result.
Result<ExitCode> run_command(const RunOptions& options);

}  // namespace ocibench::coordinator
