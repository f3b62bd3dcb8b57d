#pragma once

#include <cstdint>

#include "agent/trial_context.hpp"
#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// The tool is killed when its working directory's file system has less than this.
inline constexpr std::uint64_t kMinFreeBytes = 256'000'000;
/// Kept of each output stream; the rest is counted.
inline constexpr std::uint64_t kMaxToolLogBytes = 16'000'000;

/// Populate, measure and verify once; tells the phases, the artefacts and IterationFinished.
/// Requires: set_up() succeeded.
void run_iteration(TrialContext& trial, std::uint32_t index);

}  // namespace ocibench::agent
