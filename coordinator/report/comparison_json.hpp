#pragma once

#include "common/json.hpp"
#include "coordinator/analysis/comparison.hpp"

namespace ocibench::coordinator {

/// An element of `comparisons` in summary.json.
Json comparison_json(const PointComparison& comparison, const std::string& baseline);

}  // namespace ocibench::coordinator
