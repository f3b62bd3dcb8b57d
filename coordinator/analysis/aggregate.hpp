#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/analysis/statistics.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// One number of an iteration. docs/reference/metrics.md says where each comes from.
struct Metric {
  std::string_view key;                              ///< SI base unit last: "wall_s", "tx_bytes"
  std::optional<double> (*value)(const Iteration&);  ///< nullopt where unmeasured
};

/// Every metric, in the order in which reports print them.
std::span<const Metric> all_metrics();

struct MetricSummary {
  std::string_view key;
  std::optional<Summary> summary;  ///< absent when no complete iteration measured it
};

/// A scenario, a size and a tool: the complete ones of their counted iterations, pooled over
/// rounds.
struct Aggregate {
  std::string scenario;
  std::uint32_t images = 0;  ///< Trial::images; 0: all of the corpus
  std::string tool;
  bool calibration = false;
  std::uint32_t planned = 0;   ///< iterations in the plan
  std::uint32_t complete = 0;  ///< those the numbers are made of; the difference is never hidden
  std::vector<MetricSummary> metrics;  ///< as all_metrics()

  /// Nullptr when unmeasured. Requires: `key` is one of all_metrics().
  [[nodiscard]] const Summary* find(std::string_view key) const;
  /// Whether a trial's iterations are among the aggregated ones.
  [[nodiscard]] bool covers(const Trial& trial) const;
};

/// For people: "cold/skopeo", "scale/skopeo/n10".
std::string name_of(const Aggregate& aggregate);

/// By scenario, size and tool, each in the order of the plan; pairs without a trial are left out.
std::vector<Aggregate> aggregate(const Plan& plan, const CampaignState& state);

}  // namespace ocibench::coordinator
