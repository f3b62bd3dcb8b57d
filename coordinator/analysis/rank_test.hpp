#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace ocibench::coordinator {

// Two samples compared by ranks alone: no assumption on the distribution of a time, and one wild
// value moves nothing by more than its rank.

/// Up to this many values in both samples together the null distribution is counted out.
inline constexpr std::size_t kMaxExactValues = 60;

/// Mann and Whitney, "On a test of whether one of two random variables is stochastically larger
/// than the other", Annals of Mathematical Statistics 18 (1947).
struct RankTest {
  double u = 0;  ///< pairs in which the first sample's value is the larger one; a tie is a half
  double p = 1;  ///< two-sided: twice the smaller tail, at most 1
  bool exact = true;  ///< false: normal approximation, corrected for ties and continuity

  friend bool operator==(const RankTest&, const RankTest&) = default;
};

/// Exact up to kMaxExactValues, with ties too: the distribution is that of the midranks at hand
/// over all ways to divide them (Lehmann, "Nonparametrics", 1.4), counted by dynamic programming.
/// Requires: no sample is empty, every value is finite.
RankTest mann_whitney(std::span<const double> first, std::span<const double> second);

struct RatioInterval {
  double low = 0;
  double high = 0;
  double coverage = 0;  ///< at least 0.95; exact without ties, more with them

  friend bool operator==(const RatioInterval&, const RatioInterval&) = default;
};

/// By what factor the first sample's times are those of the second.
struct RatioEstimate {
  double ratio = 1;
  /// The narrowest pair of ordered ratios that the rank test does not contradict at 5 %. Absent
  /// when even the outermost do not cover 95 %: 3 against 3.
  std::optional<RatioInterval> interval;

  friend bool operator==(const RatioEstimate&, const RatioEstimate&) = default;
};

/// Hodges and Lehmann, "Estimates of location based on rank tests", 1963: the median of all
/// differences between a value of the one sample and one of the other, here of logarithms, so that
/// it is a ratio. The interval is that of Moses (Hollander and Wolfe, "Nonparametric Statistical
/// Methods", 4.3). Requires: no sample is empty, every value is finite and above 0.
RatioEstimate hodges_lehmann_ratio(std::span<const double> first, std::span<const double> second);

/// Holm, "A simple sequentially rejective multiple test procedure", 1979: each p adjusted so that
/// all that are compared with one level have that level together as the chance of any false alarm.
/// In the order of `p`. Raising any p lowers no adjusted one. Requires: 0 <= p <= 1.
std::vector<double> holm(std::span<const double> p);

}  // namespace ocibench::coordinator
