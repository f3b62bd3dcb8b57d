#pragma once

#include "common/clock.hpp"
#include "common/error.hpp"
#include "coordinator/options.hpp"
#include "coordinator/run.hpp"

namespace ocibench::coordinator {

/// Runs what is left of it; afterwards its journal holds everything. `stop_fd` becomes readable
/// when a person wants it to end. Errors: usage (its keys are gone; nothing was touched), those of
/// the key files, conflict (its local agent), failures of our own.
Result<void> run_campaign(const RunOptions& options, Run& run, const Clock& clock, int stop_fd);

/// `ocibench run`: plans, runs and reports a campaign, or goes on with one that was cut off. Prints
/// the end of the report on stdout. Errors: everything that kept the campaign from starting, and
/// failures of our own; a tool that fails is a result.
Result<ExitCode> run_command(const RunOptions& options);

}  // namespace ocibench::coordinator
