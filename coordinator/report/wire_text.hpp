#pragma once

#include <string>

#include "coordinator/analysis/observations.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

inline constexpr std::size_t kMaxShownImages = 20;

/// An observation for people, within 80 columns as long as names are short. Text of the tool's has
/// no effect on a terminal. Requires: row.seen.
std::string wire_text(const Plan& plan, const ObservationRow& row);

}  // namespace ocibench::coordinator
