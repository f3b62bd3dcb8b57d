#pragma once

#include <string>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

/// summary.md: the verdict first, then one headline sentence per scenario and tool, what is missing
/// and why, the numbers, and all that is needed to judge and to repeat them.
std::string summary_md(const Analysis& analysis);

}  // namespace ocibench::coordinator
