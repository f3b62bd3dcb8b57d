#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/analysis/rank_test.hpp"
#include "coordinator/analysis/verdict.hpp"
#include "coordinator/plan/comparison_design.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// Several tools side by side, each against the baseline of the plan. A round is one observation:
// its value is the median of its iterations, which share a machine and a moment and say nothing
// about another one. docs/explanation/comparison.md gives the reasons.

/// Why nothing is said of faster and slower. The names are part of the schema of summary.json.
enum class WithheldCode : std::uint8_t {
  invalid_measuring,       ///< the verdict is INVALID
  calibration_incomplete,  ///< whether our measuring was sound is not fully known
  incomplete_blocks,       ///< one of the two lacks a complete trial in some round
  lanes_confounded,        ///< the two did not run equally often on each lane
  subject_differs,         ///< within one of the two, or the registry: several binaries or versions
  machine_differs,         ///< the trials of the two ran on several instance types
  host_shared,             ///< another lane was at work on the same host at the same time
  too_few_rounds,          ///< no result could pass the test
};

std::string_view to_string(WithheldCode code);

struct Withheld {
  WithheldCode code = WithheldCode::invalid_measuring;
  std::string text;  ///< part of a sentence: "regctl has no complete trial in round 2"

  friend bool operator==(const Withheld&, const Withheld&) = default;
};

/// What can be said of the tool against the baseline.
enum class Claim : std::uint8_t { none, faster, slower };

std::string_view to_string(Claim claim);

struct PairComparison {
  std::string tool;
  std::vector<Withheld> withheld;      ///< empty: the design supports a claim
  std::optional<RatioEstimate> ratio;  ///< of the rounds' values; with every trial of the two only
  std::optional<RankTest> test;        ///< as `ratio`; means nothing where `withheld` is not empty
  std::optional<double> p_holm;        ///< over the family of the plan; absent where withheld
  Claim claim = Claim::none;           ///< only when not withheld and p_holm < kSignificance

  friend bool operator==(const PairComparison&, const PairComparison&) = default;
};

/// Of the untimed run whose requests were recorded.
struct ObservedRequests {
  std::uint64_t referrers = 0;     ///< asked for what refers to a manifest, whatever the answer
  std::uint64_t rate_limited = 0;  ///< answered with 429

  friend bool operator==(const ObservedRequests&, const ObservedRequests&) = default;
};

/// The only two numbers that tools are compared by. An iteration without a result counts as slower
/// and larger than every one with a result, so failing at a hard one improves nothing.
struct ToolNumbers {
  std::string tool;
  std::uint32_t planned = 0;
  std::uint32_t complete = 0;
  std::optional<double> wall_s_median;
  std::optional<double> wall_s_p10;
  std::optional<double> wall_s_p90;
  std::optional<double> tx_bytes_median;
  std::optional<ObservedRequests> observed;  ///< absent when the plan has no observing run of it

  friend bool operator==(const ToolNumbers&, const ToolNumbers&) = default;
};

struct PointComparison {
  ComparedPoint point;
  std::vector<ToolNumbers> tools;     ///< in the order of the plan, baseline and all
  std::vector<PairComparison> pairs;  ///< as compared_pairs(plan)

  friend bool operator==(const PointComparison&, const PointComparison&) = default;
};

/// As compared_points(plan). Pure.
std::vector<PointComparison> compare_tools(const Plan& plan, const CampaignState& state,
                                           const Verdict& verdict);

}  // namespace ocibench::coordinator
