#pragma once

#include <string>
#include <vector>

#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/analysis/finding.hpp"

namespace ocibench::coordinator {

/// One cause, and all that it concerns.
struct FindingGroup {
  FindingCode code = FindingCode::contradiction;
  std::string text;  ///< of marks that differ in numbers alone: "steal 1.3 to 5.2 % of a core"
  /// "cold/skopeo/r1 iteration 4", for more of a scenario, size and tool than kMostNamed "cold,
  /// skopeo: 9 of 15 iterations"; "every iteration" where that is so.
  std::vector<std::string> places;

  static constexpr std::size_t kMostNamed = 3;

  friend bool operator==(const FindingGroup&, const FindingGroup&) = default;
};

/// In the order of the first finding of each.
std::vector<FindingGroup> group_findings(const CampaignState& state,
                                         const std::vector<Finding>& findings);

}  // namespace ocibench::coordinator
