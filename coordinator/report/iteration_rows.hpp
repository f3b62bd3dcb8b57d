#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

/// Why an iteration's result does or does not count.
enum class Standing : std::uint8_t {
  accepted,    ///< of the attempt that ran to its end
  incomplete,  ///< of an attempt that did not, and nothing better exists; its results count
  superseded,  ///< of an attempt that another one replaced; does not count
  late,        ///< arrived after its attempt was given up; does not count
  missing,     ///< planned and never reported; the outcome is lost or not_run
};

std::string_view to_string(Standing standing);

/// One line of the raw results. The pointers live as long as the CampaignState.
struct IterationRow {
  const TrialState* trial = nullptr;
  const AttemptState* attempt = nullptr;  ///< nullptr when the trial was never leased
  const Iteration* iteration = nullptr;
  Standing standing = Standing::missing;
};

/// Every iteration that is planned or was reported: trial by trial in the order of the plan, first
/// those that count, then the others.
std::vector<IterationRow> iteration_rows(const CampaignState& state);

}  // namespace ocibench::coordinator
