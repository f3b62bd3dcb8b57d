#include "coordinator/analysis/scaling.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "coordinator/analysis/statistics.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kMinSizes = 3;

/// Student's t, 97.5 % quantile, for 1 to 30 degrees of freedom (any table; Fisher and Yates 1963).
constexpr std::array kStudent975 = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                    2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                    2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                    2.060,  2.056, 2.052, 2.048, 2.045, 2.042};

/// Above 30 that of 30, which is too wide by at most 4 %.
double student_975(std::size_t degrees) {
  return kStudent975[std::min(degrees, kStudent975.size()) - 1];
}

struct Point {
  double x;  // log of the bytes
  double y;  // log of the seconds
};

std::optional<double> median_wall_s(const TrialState& trial) {
  std::vector<double> walls;
  for (const Iteration& iteration : trial.counted) {
    if (iteration.outcome.kind == OutcomeKind::complete && iteration.wall) {
      walls.push_back(std::chrono::duration<double>(*iteration.wall).count());
    }
  }
  const auto summary = summarise(std::move(walls));
  return summary ? std::optional(summary->median) : std::nullopt;
}

/// Requires: at least three points, not all at one x.
Scaling fit(const std::vector<Point>& points) {
  const auto n = static_cast<double>(points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const Point& point : points) {
    mean_x += point.x / n;
    mean_y += point.y / n;
  }
  double sxx = 0;
  double sxy = 0;
  for (const Point& point : points) {
    sxx += (point.x - mean_x) * (point.x - mean_x);
    sxy += (point.x - mean_x) * (point.y - mean_y);
  }
  const double slope = sxy / sxx;
  double residuals = 0;
  for (const Point& point : points) {
    const double off = point.y - mean_y - slope * (point.x - mean_x);
    residuals += off * off;
  }
  const double error = std::sqrt(residuals / (n - 2) / sxx);
  const double half = student_975(points.size() - 2) * error;
  return {.exponent = slope, .low = slope - half, .high = slope + half, .trials = points.size()};
}

}  // namespace

std::optional<Scaling> fit_scaling(const Plan& plan, const CampaignState& state,
                                   std::string_view scenario, std::string_view tool) {
  std::vector<Point> points;
  std::set<std::uint32_t> sizes;
  for (const TrialState& trial : state.trials) {
    if (trial.trial.scenario != scenario || trial.trial.tool != tool || trial.trial.images == 0) {
      continue;
    }
    if (const auto wall = median_wall_s(trial)) {
      const std::uint64_t bytes = unique_bytes(first_images(plan.lock, trial.trial.images));
      points.push_back({std::log(static_cast<double>(bytes)), std::log(*wall)});
      sizes.insert(trial.trial.images);
    }
  }
  if (sizes.size() < kMinSizes) {
    return std::nullopt;
  }
  Scaling scaling = fit(points);
  scaling.sizes = sizes.size();
  return scaling;
}

std::string scaling_sentence(const std::optional<Scaling>& scaling) {
  if (!scaling) {
    return "nothing can be said: fewer than three sizes have a number";
  }
  std::string answer = "linear";
  if (scaling->low > 1) {
    answer = "more than in proportion to the bytes";
  } else if (scaling->high < 1) {
    answer = "less than in proportion to the bytes";
  }
  return fmt::format(
      "time grows as bytes^{:.2f} (95 % interval {:.2f} .. {:.2f}; {} sizes, {} trials): {}",
      scaling->exponent, scaling->low, scaling->high, scaling->sizes, scaling->trials, answer);
}

}  // namespace ocibench::coordinator
