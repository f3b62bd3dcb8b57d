#pragma once

#include <cstdint>

#include "common/error.hpp"
#include "common/model/assignment.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// Requires: the plan has the trial's scenario and its tool.
const PlannedScenario& planned_scenario(const Plan& plan, const Trial& trial);
const PlannedTool& planned_tool(const Plan& plan, const Trial& trial);

/// What an agent is sent for a trial of the plan.
Assignment assignment_of(const Plan& plan, const Trial& trial, const CampaignId& campaign,
                         std::uint32_t attempt);

/// That an agent would take every assignment of the plan. Errors: those of check_assignment(), with
/// the campaign's name and the trial's.
Result<void> check_assignments(const Plan& plan);

}  // namespace ocibench::coordinator
