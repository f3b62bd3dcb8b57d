#include "coordinator/plan/assignment_of.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/model/check_assignment.hpp"

namespace ocibench::coordinator {

const PlannedScenario& planned_scenario(const Plan& plan, const Trial& trial) {
  const auto scenario = std::ranges::find(plan.scenarios, trial.scenario, &PlannedScenario::name);
  OCIBENCH_ASSERT(scenario != plan.scenarios.end());
  return *scenario;
}

const PlannedTool& planned_tool(const Plan& plan, const Trial& trial) {
  const auto tool = std::ranges::find(plan.tools, trial.tool, &PlannedTool::name);
  OCIBENCH_ASSERT(tool != plan.tools.end());
  return *tool;
}

Assignment assignment_of(const Plan& plan, const Trial& trial, const CampaignId& campaign,
                         std::uint32_t attempt) {
  const PlannedScenario& scenario = planned_scenario(plan, trial);
  return {.campaign = campaign,
          .trial = trial,
          .attempt = attempt,
          .tool_definition_sha256 = planned_tool(plan, trial).definition_sha256,
          .registry = plan.registry,
          .steps = scenario.steps,
          .comparability = plan.comparability,
          .corpus = plan.corpus,
          .lock = plan.lock,
          .moved = scenario.moved};
}

Result<void> check_assignments(const Plan& plan) {
  const CampaignId any_campaign("campaign");
  // What the trials of one scenario and size share is the larger part of each: checked once.
  std::set<std::pair<std::string, std::uint32_t>> checked;
  for (const Trial& trial : plan.trials) {
    const bool is_new = checked.emplace(trial.scenario, trial.images).second;
    const Result<void> sound = is_new
                                   ? check_assignment(assignment_of(plan, trial, any_campaign, 1))
                                   : check_trial(trial, plan.lock.images.size());
    if (!sound) {
      return fail(sound.error(),
                  fmt::format("campaign {}: trial {}", plan.campaign_name, trial.id.str()));
    }
  }
  return {};
}

}  // namespace ocibench::coordinator
