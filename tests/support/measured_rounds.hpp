#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::testing_support {

/// A trial of scenario "cold" and what its agent reported.
struct MeasuredTrial {
  std::string tool;
  std::uint32_t round = 1;
  std::string agent = "lane-1";
  /// A wall time is a complete iteration, nullopt one that failed; where there are fewer than the
  /// plan has, the agent was lost before the next one.
  std::vector<std::optional<double>> walls_s;
};

/// make_plan() with several rounds, the tools in the given order in each.
coordinator::Plan plan_of_rounds(const std::vector<std::string>& tools, std::uint32_t rounds,
                                 std::uint32_t iterations);

/// What a coordinator would have written of these trials, in this order.
std::vector<JournalEntry> journal_of(const coordinator::Plan& plan,
                                     const std::vector<MeasuredTrial>& trials);
coordinator::Analysis analyse_trials(const coordinator::Plan& plan,
                                     const std::vector<MeasuredTrial>& trials);

}  // namespace ocibench::testing_support
