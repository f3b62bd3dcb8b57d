#pragma once

#include "agent/trial_context.hpp"
#include "common/model/outcome.hpp"

namespace ocibench::agent {

/// Has the tool do its work once between proxies that record its requests, proves the work at the
/// target itself, and tells WireObserved. Everything is as in a timed run (the same namespace, the
/// same untimed run before, through the same proxies) except that no time is taken.
///
/// Returns what became of the trial: `complete` when the run was observed, whatever the tool made
/// of it, else `not_run` with the cause.
Outcome observe(TrialContext& trial);

}  // namespace ocibench::agent
