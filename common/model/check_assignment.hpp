#pragma once

#include <optional>
#include <string>

#include "common/error.hpp"
#include "common/model/assignment.hpp"
#include "common/model/target.hpp"

namespace ocibench {

/// Whether an assignment means something that an agent may carry out, as far as that can be said
/// without looking at the world: names and addresses are well formed, kind and host of the target
/// belong together, the lock holds together, numbers are within common/model/limits.hpp. The
/// planner refuses to make what fails here and the agent to accept it: neither believes the other.
/// What depends on the agent (its catalog, the files that it may read, who its credentials are for)
/// is checked there. Errors: bad_input, "registry.target.host: ...", the first that is wrong.
Result<void> check_assignment(const Assignment& assignment);

/// The part of it that differs from trial to trial of one scenario. `images`: of the whole lock.
Result<void> check_trial(const Trial& trial, std::size_t images);

/// What is wrong with a target, in a sentence; nothing when it is sound. A registry of kind ecr is
/// one of AWS, or on loopback (an emulator): whose password it gets decides the agent by what AWS
/// says it is for. One of kind remote may be any: what it gets is what the agent's own docker
/// configuration has for its host.
std::optional<std::string> target_problem(const TargetSpec& target);

}  // namespace ocibench
