#pragma once

#include <chrono>
#include <cstdint>

#include "common/error.hpp"
#include "common/model/limits.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// What a campaign file may ask for and a plan may hold, in one place: a plan that comes from
// somebody else's bundle is held against the same bounds before anything is allocated by it. What
// an assignment is held against too is in common/model/limits.hpp.

/// Scenarios, and tools.
inline constexpr std::size_t kMaxNames = 64;
/// Of a scenario's headline, a template which may name a long text again and again.
inline constexpr std::size_t kMaxHeadlineBytes = 4096;
inline constexpr std::size_t kMaxTrials = 10'000;
/// Of all trials together: each is held in memory when a report is made.
inline constexpr std::uint64_t kMaxPlannedIterations = 200'000;
/// Of a deadline that a campaign sets, and of the sum that is taken where it sets none.
inline constexpr std::chrono::milliseconds kMaxDeadline = std::chrono::hours(24 * 30);
inline constexpr std::chrono::milliseconds kMaxWorstCase = std::chrono::hours(24 * 365 * 100);

/// Every number within its bound, every trial's id, tool and scenario known.
/// Errors: limit naming the member and both numbers; bad_input for a name.
Result<void> check_bounds(const Plan& plan);

}  // namespace ocibench::coordinator
