#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

/// How the time of a scenario with several sizes grows: wall time ~ bytes^exponent.
///
/// Ordinary least squares of log(wall) over log(unique bytes), one point per trial (the median of
/// its complete iterations: what ran in one place at one time is one observation). The interval is
/// exponent +- t(0.975, trials - 2) standard errors (Draper and Smith, "Applied Regression
/// Analysis", section 1.4).
struct Scaling {
  double exponent = 0;
  double low = 0;
  double high = 0;
  std::size_t sizes = 0;
  std::size_t trials = 0;

  friend bool operator==(const Scaling&, const Scaling&) = default;
};

/// Absent with fewer than three sizes that have a complete iteration.
std::optional<Scaling> fit_scaling(const Plan& plan, const CampaignState& state,
                                   std::string_view scenario, std::string_view tool);

/// "time grows as bytes^0.97 (95 % interval 0.93 .. 1.01; 4 sizes, 12 trials): linear", or why
/// nothing can be said. Linear is what the interval does not exclude.
std::string scaling_sentence(const std::optional<Scaling>& scaling);

}  // namespace ocibench::coordinator
