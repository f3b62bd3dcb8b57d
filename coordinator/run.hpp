#pragma once

#include <optional>
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
};

/// Where --key and --agents say that the keys are.
std::optional<KeyPaths> given_keys(const RunOptions& options);

/// A new one, in options.results. Errors: io, conflict, limit (the plan is too large to be
/// recorded).
Result<Run> begin_run(const RunOptions& options, PreparedCampaign prepared, const Clock& clock);
/// The same for the campaign file that the options name. Errors: also those of prepare_campaign.
Result<Run> new_run(const RunOptions& options, const Clock& clock);

/// One that was cut off. Errors: those of RunDirectory::reopen and read_journal, usage (keys for a
/// run that has its own).
Result<Run> resume_run(const RunOptions& options);

}  // namespace ocibench::coordinator
