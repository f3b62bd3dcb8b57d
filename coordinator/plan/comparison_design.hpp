#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// What a campaign of several tools can tell, known before it runs. Every tool is compared with one
// baseline, never each with each: 8 tools are 7 pairs instead of 28, and each pair that is printed
// makes the test of all others stricter.

/// Error rate of the whole family of printed pairs, two-sided.
inline constexpr double kSignificance = 0.05;

/// Where tools are compared: a scenario, and of one with several sizes one of them.
struct ComparedPoint {
  std::string scenario;
  std::uint32_t images = 0;  ///< Trial::images; 0: all of the corpus

  friend bool operator==(const ComparedPoint&, const ComparedPoint&) = default;
};

/// In the order of the plan; empty when fewer than two tools copy.
std::vector<ComparedPoint> compared_points(const Plan& plan);

/// A tool against the baseline of the plan.
struct ComparedPair {
  ComparedPoint point;
  std::string tool;

  friend bool operator==(const ComparedPair&, const ComparedPair&) = default;
};

/// The family: at each point each tool but the baseline and the calibration tools, in the order of
/// the plan. It depends on the plan alone, so no missing result makes it smaller. Empty when fewer
/// than two tools copy.
std::vector<ComparedPair> compared_pairs(const Plan& plan);

/// The smallest two-sided p that an exact Mann-Whitney test of n against m values can reach,
/// without ties: 2 / C(n + m, n). Requires: n, m > 0.
double smallest_p(std::size_t n, std::size_t m);

/// The fewest rounds with which the clearest of `pairs` differences stays below kSignificance after
/// Holm's correction: pairs x smallest_p(rounds, rounds) < kSignificance. Requires: pairs > 0.
std::uint32_t rounds_needed(std::size_t pairs);

}  // namespace ocibench::coordinator
