#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/prepared_run.hpp"
#include "agent/trial_context.hpp"
#include "agent/verification.hpp"
#include "common/catalog/render.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// Makes the run's directories and starts its target, or gets a remote one ready. Errors: io, those
/// of TargetRegistry and RemoteRegistries.
Result<void> start_target(TrialContext& trial, std::uint32_t index, PreparedRun& run);

/// Asks the target, right before the tool is run, for everything that the run is to bring. What is
/// there makes the run invalid: see PreparedRun::found_before. Blobs are only a mark where the
/// registry may know them from other repositories. Counts the files in the storage of a target of
/// our own: a fresh one has those with which it began to serve. Errors: those of probe_target().
Result<void> prove_absence(const TrialContext& trial, PreparedRun& run);

/// Removes what was left at a target that outlives the run, and lets go of it.
void release_target(TrialContext& trial, std::uint32_t index, PreparedRun& run);

/// Removes what earlier attempts of this trial, whose agents were lost, may have left at a target
/// that outlives them. Requires: a remote target. Returns the phase's note. Errors: those of
/// RemoteRegistries.
Result<std::string> sweep_lost_attempts(TrialContext& trial);

}  // namespace ocibench::agent
