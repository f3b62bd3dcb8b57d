#pragma once

#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// Second half of replay(): once every entry is applied, decides for each trial which attempt
/// counts, fills `counted` and `outcome`, and adds what it finds to state.findings.
void settle_trials(const Plan& plan, CampaignState& state);

}  // namespace ocibench::coordinator
