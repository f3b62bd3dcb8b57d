#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace ocibench::coordinator {

/// A confidence interval of the median whose ends are values that were observed.
struct MedianInterval {
  double low = 0;
  double high = 0;
  double coverage = 0;  ///< exact probability of covering the median, at least kMinCoverage

  friend bool operator==(const MedianInterval&, const MedianInterval&) = default;
};

inline constexpr double kMinCoverage = 0.95;

/// What is printed of a set of equal measurements. No value is dropped, whatever it looks like.
struct Summary {
  std::size_t n = 0;
  double min = 0;
  double p10 = 0;
  double median = 0;
  double p90 = 0;
  double max = 0;
  double mad = 0;  ///< median absolute deviation from the median, not scaled to a normal's sigma
  std::optional<MedianInterval> median_interval;  ///< absent below n = 6

  friend bool operator==(const Summary&, const Summary&) = default;
};

/// Linear interpolation between order statistics, position (n - 1) q: definition 7 of Hyndman and
/// Fan, "Sample Quantiles in Statistical Packages", 1996 (the default of R and NumPy).
/// Requires: `ascending` is sorted and not empty, 0 <= q <= 1.
double quantile(std::span<const double> ascending, double q);

/// The same with `missing` more values, each larger than all: what did not complete took longer
/// than everything that did. Absent where one of them would take part in the result. Requires:
/// `ascending` is sorted, 0 <= q <= 1.
std::optional<double> quantile_with_missing(std::span<const double> ascending, std::size_t missing,
                                            double q);

/// The narrowest symmetric pair of order statistics [x(k), x(n+1-k)] that covers the median with
/// probability 1 - 2 P(Bin(n, 1/2) < k) >= kMinCoverage, whatever the distribution (Conover,
/// "Practical Nonparametric Statistics", section 3.2). Absent when even [min, max] does not: n < 6.
/// Requires: `ascending` is sorted.
std::optional<MedianInterval> median_interval(std::span<const double> ascending);

/// Absent when there is no value. Requires: every value is finite.
std::optional<Summary> summarise(std::vector<double> values);

}  // namespace ocibench::coordinator
