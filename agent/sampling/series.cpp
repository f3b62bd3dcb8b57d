#include "agent/sampling/series.hpp"

#include <algorithm>
#include <cmath>

namespace ocibench::agent {
namespace {

double quantile(const std::vector<double>& sorted, double fraction) {
  const double rank = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], rank - static_cast<double>(below));
}

}  // namespace

std::optional<Spread> spread_of(std::vector<double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::sort(values.begin(), values.end());
  return Spread{quantile(values, 0.5), quantile(values, 0.95), values.back()};
}

}  // namespace ocibench::agent
