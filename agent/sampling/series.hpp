#pragma once

#include <optional>
#include <vector>

#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// Median, 95th percentile and maximum, by linear interpolation between closest ranks (type 7 of
/// Hyndman and Fan 1996, as numpy does). nullopt without a value.
std::optional<Spread> spread_of(std::vector<double> values);

}  // namespace ocibench::agent
