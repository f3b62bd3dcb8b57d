#include "coordinator/analysis/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "common/error.hpp"

namespace ocibench::coordinator {

double quantile(std::span<const double> ascending, double q) {
  OCIBENCH_ASSERT(!ascending.empty() && q >= 0 && q <= 1);
  const double position = static_cast<double>(ascending.size() - 1) * q;
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double share = position - static_cast<double>(below);
  return ascending[below] + share * (ascending[above] - ascending[below]);
}

std::optional<double> quantile_with_missing(std::span<const double> ascending, std::size_t missing,
                                            double q) {
  OCIBENCH_ASSERT(q >= 0 && q <= 1);
  if (ascending.empty()) {
    return std::nullopt;
  }
  const double position = static_cast<double>(ascending.size() + missing - 1) * q;
  const double below = std::floor(position);
  const auto last = static_cast<std::size_t>(std::ceil(position));
  if (last >= ascending.size()) {
    return std::nullopt;
  }
  const double low = ascending[static_cast<std::size_t>(below)];
  return low + (position - below) * (ascending[last] - low);
}

std::optional<MedianInterval> median_interval(std::span<const double> ascending) {
  const std::size_t n = ascending.size();
  // P(Bin(n, 1/2) = i) by its logarithm: 2^-n alone would underflow for a large n.
  double log_mass = -static_cast<double>(n) * std::log(2.0);
  double tail = 0;  // P(Bin(n, 1/2) < k)
  std::size_t best_k = 0;
  double best_coverage = 0;
  for (std::size_t k = 1; 2 * k <= n; ++k) {
    tail += std::exp(log_mass);
    if (1 - 2 * tail < kMinCoverage) {
      break;
    }
    best_k = k;
    best_coverage = 1 - 2 * tail;
    log_mass += std::log(static_cast<double>(n - k + 1) / static_cast<double>(k));
  }
  if (best_k == 0) {
    return std::nullopt;
  }
  return MedianInterval{
      .low = ascending[best_k - 1], .high = ascending[n - best_k], .coverage = best_coverage};
}

std::optional<Summary> summarise(std::vector<double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(values);
  const double median = quantile(values, 0.5);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (const double value : values) {
    deviations.push_back(std::abs(value - median));
  }
  std::ranges::sort(deviations);
  return Summary{.n = values.size(),
                 .min = values.front(),
                 .p10 = quantile(values, 0.1),
                 .median = median,
                 .p90 = quantile(values, 0.9),
                 .max = values.back(),
                 .mad = quantile(deviations, 0.5),
                 .median_interval = median_interval(values)};
}

}  // namespace ocibench::coordinator
