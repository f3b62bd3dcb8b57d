#pragma once

#include <string_view>
#include <vector>

#include "coordinator/analysis/comparison.hpp"

namespace ocibench::coordinator {

/// The measured trials of a tool at a point, by round.
std::vector<const TrialState*> trials_of(const CampaignState& state, const ComparedPoint& point,
                                         std::string_view tool);

/// Every iteration of every one of them is complete.
bool all_complete(const std::vector<const TrialState*>& trials);

/// All reasons why the plan and what happened do not support a claim about two tools at one
/// point. Results of other tools are never a reason, but for the calibration.
std::vector<Withheld> why_withheld(const Plan& plan, const CampaignState& state,
                                   const Verdict& verdict,
                                   const std::vector<const TrialState*>& tool,
                                   const std::vector<const TrialState*>& baseline);

}  // namespace ocibench::coordinator
