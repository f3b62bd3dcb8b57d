#pragma once

#include <string>
#include <vector>

#include "common/model/assignment.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// Where the source and the target of a plan are, in one sentence.
std::string registries_sentence(const Plan& plan);

/// How many requests for manifests the plan needs at least from the registry that the corpus names:
/// some count them and allow only so many. Empty where the source is ours.
std::string pulls_sentence(const Plan& plan);

/// What a target that is not started by the agent cannot promise; empty for a local one.
std::vector<std::string> target_caveats(const TargetSpec& target);

}  // namespace ocibench::coordinator
