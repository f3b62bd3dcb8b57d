#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/observation.hpp"
#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

/// What became of one trial of kind observe. The pointers live as long as the CampaignState.
struct ObservationRow {
  const TrialState* trial = nullptr;
  std::string label;  ///< as the agent printed it; the tool's name when no agent told
  /// What was recorded; nullptr when nothing was. Of a tool that did not do its work it tells how
  /// far it came.
  const WireObservation* seen = nullptr;
};

/// In the order of the plan.
std::vector<ObservationRow> observation_rows(const CampaignState& state);

/// What reports derive from an observation.
struct WireTotals {
  std::uint64_t mounts_created = 0;   ///< answered 201: the blob is there, without a byte
  std::uint64_t mounts_declined = 0;  ///< answered 202: an upload was started instead
  std::uint64_t sent_bytes = 0;       ///< by the tool, to both sides, with headers
  std::uint64_t received_bytes = 0;
};

WireTotals totals_of(const WireObservation& seen);

/// Sum of the counts of one class on one side, whatever the status.
std::uint64_t count_at(const WireObservation& seen, RegistrySide side, RequestClass request);

/// Seconds from the start of the tool until images were complete.
struct CompletionTimes {
  double first_s = 0;
  double median_s = 0;
  double last_s = 0;
};

/// Absent when no manifest was put, as in a sync that finds nothing to do.
std::optional<CompletionTimes> completion_times(const WireObservation& seen);

}  // namespace ocibench::coordinator
