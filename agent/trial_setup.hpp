#pragma once

#include <string>

#include "agent/trial_context.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// Refuses what this agent must not or cannot carry out: what check_assignment() refuses, and
/// definitions that differ from its own. Fills in `tool` and `registry`. Errors: conflict,
/// not_found, bad_input.
Result<void> accept_assignment(TrialContext& trial);

/// The body of the setup phase: finds and identifies the subject, provides the source with the
/// locked corpus, tells TrialStarted. Returns the phase's note.
Result<std::string> set_up(TrialContext& trial);

}  // namespace ocibench::agent
