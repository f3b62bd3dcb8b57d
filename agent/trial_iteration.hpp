#pragma once

#include <cstdint>

#include "agent/trial_context.hpp"
#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// Populate, measure and verify once; tells the phases, the artefacts and IterationFinished.
/// Requires: set_up() succeeded.
void run_iteration(TrialContext& trial, std::uint32_t index);

}  // namespace ocibench::agent
