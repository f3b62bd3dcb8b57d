#include "coordinator/plan/comparison_design.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace ocibench::coordinator {

std::vector<ComparedPoint> compared_points(const Plan& plan) {
  std::vector<ComparedPoint> points;
  if (std::ranges::count(plan.tools, false, &PlannedTool::calibration) < 2) {
    return points;
  }
  for (const PlannedScenario& scenario : plan.scenarios) {
    const std::vector<std::uint32_t> whole = {0};
    for (const std::uint32_t images : scenario.sizes.empty() ? whole : scenario.sizes) {
      points.push_back({scenario.name, images});
    }
  }
  return points;
}

std::vector<ComparedPair> compared_pairs(const Plan& plan) {
  std::vector<ComparedPair> pairs;
  for (const ComparedPoint& point : compared_points(plan)) {
    for (const PlannedTool& tool : plan.tools) {
      if (!tool.calibration && tool.name != plan.baseline) {
        pairs.push_back({point, tool.name});
      }
    }
  }
  return pairs;
}

double smallest_p(std::size_t n, std::size_t m) {
  OCIBENCH_ASSERT(n > 0 && m > 0);
  double p = 2;
  for (std::size_t i = 1; i <= n; ++i) {
    p *= static_cast<double>(i) / static_cast<double>(m + i);
  }
  return std::min(p, 1.0);
}

std::uint32_t rounds_needed(std::size_t pairs) {
  OCIBENCH_ASSERT(pairs > 0);
  std::uint32_t rounds = 1;
  while (static_cast<double>(pairs) * smallest_p(rounds, rounds) >= kSignificance) {
    ++rounds;
  }
  return rounds;
}

}  // namespace ocibench::coordinator
