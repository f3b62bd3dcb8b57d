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

/// Marks the run where its target, which outlives it, has blobs already that a first copy is to
/// bring. Errors: those of TimeBudget.
Result<void> check_cold(const TrialContext& trial, PreparedRun& run);

/// Removes what was left at a target that outlives the run, and lets go of it.
void release_target(TrialContext& trial, std::uint32_t index, PreparedRun& run);

/// Removes what earlier attempts of this trial, whose agents were lost, may have left at a target
/// that outlives them. Requires: a remote target. Returns the phase's note. Errors: those of
/// RemoteRegistries.
Result<std::string> sweep_lost_attempts(TrialContext& trial);

/// Each image of the trial under its tag, where it was put.
std::vector<ExpectedImage> expect_all(const TrialContext& trial,
                                      const std::vector<catalog::PlacedImage>& placed);

}  // namespace ocibench::agent
