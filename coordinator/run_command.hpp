#pragma once

#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/model/record.hpp"
#include "coordinator/options.hpp"
#include "coordinator/plan/plan.hpp"
#include "coordinator/plan_command.hpp"
#include "coordinator/run_directory.hpp"

namespace ocibench::coordinator {

/// A campaign that is ready to run: planned now, or read back from its journal.
struct Run {
  RunDirectory directory;
  Plan plan;
  CampaignStarted started;
  std::vector<JournalEntry> journal;  ///< empty for a new one
  RunOptions::Agents agents = RunOptions::Agents::remote;
};

/// A new one, in options.results. Errors: io, limit (the plan is too large to be recorded).
Result<Run> begin_run(const RunOptions& options, PreparedCampaign prepared, const Clock& clock);

/// Runs what is left of it; afterwards its journal tells everything. `stop_fd` becomes readable
/// when a person wants it to end. Errors: failures of our own.
Result<void> carry_out(const RunOptions& options, Run& run, const Clock& clock, int stop_fd);

/// `ocibench run`: plans, runs and reports a campaign, or goes on with one that was cut off. Prints
/// the end of the report on stdout. Errors: everything that kept the campaign from starting, and
/// failures of our own; a tool that fails is a result.
Result<ExitCode> run_command(const RunOptions& options);

}  // namespace ocibench::coordinator
