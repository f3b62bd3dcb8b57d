#include "coordinator/plan/plan_bounds.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/model/names.hpp"

namespace ocibench::coordinator {
namespace {

struct Bound {
  std::string_view member;
  std::uint64_t value;
  std::uint64_t most;
};

std::uint64_t in_ms(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

template <std::size_t N>
Result<void> check(const Bound (&bounds)[N], std::string_view where) {
  for (const Bound& bound : bounds) {
    if (bound.value > bound.most) {
      return fail(ErrorCode::limit, fmt::format("{}{}: {} is more than {}", where, bound.member,
                                                bound.value, bound.most));
    }
  }
  return {};
}

Result<void> check_whole(const Plan& plan) {
  std::uint64_t iterations = 0;
  for (const Trial& trial : plan.trials) {
    iterations += trial.iterations;
  }
  const Limits& limits = plan.limits;
  return check(
      {{"rounds", plan.rounds, kMaxRounds},
       {"iterations", plan.iterations, kMaxIterations},
       {"lanes", plan.lanes, kMaxPlannedLanes},
       {"comparability.concurrency", plan.comparability.concurrency.value_or(0), kMaxConcurrency},
       {"scenarios", plan.scenarios.size(), kMaxNames},
       {"tools", plan.tools.size(), kMaxNames},
       {"trials", plan.trials.size(), kMaxTrials},
       {"iterations of all trials", iterations, kMaxPlannedIterations},
       {"agents.expected", plan.agents.expected, kMaxPlannedLanes},
       {"agents.minimum", plan.agents.minimum, kMaxPlannedLanes},
       {"agents.at_a_time", plan.agents.at_a_time, kMaxPlannedLanes},
       {"limits.max_attempts", limits.max_attempts, kMaxAttempts},
       {"limits.iteration_timeout_ms", in_ms(limits.iteration_timeout), in_ms(kMaxTimeout)},
       {"limits.overhead_timeout_ms", in_ms(limits.overhead_timeout), in_ms(kMaxTimeout)},
       {"limits.agent_wait_ms", in_ms(limits.agent_wait), in_ms(kMaxTimeout)},
       {"limits.agent_lost_after_ms", in_ms(limits.agent_lost_after), in_ms(kMaxTimeout)},
       {"limits.heartbeat_ms", in_ms(limits.heartbeat), in_ms(kMaxTimeout)},
       {"limits.campaign_deadline_ms", in_ms(limits.campaign_deadline), in_ms(kMaxWorstCase)}},
      "");
}

Result<void> check_scenario(const PlannedScenario& scenario) {
  return check({{"sizes", scenario.sizes.size(), kMaxTrials},
                {"headline, bytes", scenario.headline.size(), kMaxHeadlineBytes}},
               "scenarios: ");
}

Result<void> check_trial(const Plan& plan, const Trial& trial) {
  if (!is_trial_id(trial.id.str())) {
    return fail(ErrorCode::bad_input, "trials: an id is plain names separated by '/'");
  }
  if (std::ranges::find(plan.tools, trial.tool, &PlannedTool::name) == plan.tools.end() ||
      std::ranges::find(plan.scenarios, trial.scenario, &PlannedScenario::name) ==
          plan.scenarios.end()) {
    return fail(ErrorCode::bad_input,
                fmt::format("trial {}: its tool or scenario is not in the plan", trial.id.str()));
  }
  return check({{"round", trial.round, kMaxRounds},
                {"lane", trial.lane, kMaxPlannedLanes},
                {"iterations", trial.iterations, kMaxIterations},
                {"iteration_timeout_ms", in_ms(trial.iteration_timeout), in_ms(kMaxTimeout)},
                {"overhead_timeout_ms", in_ms(trial.overhead_timeout), in_ms(kMaxOverheadTimeout)}},
               fmt::format("trial {}: ", trial.id.str()));
}

}  // namespace

Result<void> check_bounds(const Plan& plan) {
  if (Result<void> whole = check_whole(plan); !whole) {
    return whole;
  }
  for (const PlannedScenario& scenario : plan.scenarios) {
    if (Result<void> each = check_scenario(scenario); !each) {
      return each;
    }
  }
  std::set<TrialId> ids;
  for (const Trial& trial : plan.trials) {
    if (Result<void> each = check_trial(plan, trial); !each) {
      return each;
    }
    if (!ids.insert(trial.id).second) {
      return fail(ErrorCode::bad_input,
                  fmt::format("trial {} is in the plan twice", trial.id.str()));
    }
  }
  return {};
}

}  // namespace ocibench::coordinator
