#pragma once

#include <filesystem>
#include <string>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

enum class Color { never, always };

/// What `ocibench run` prints last: the verdict, why, one headline per scenario and tool, and where
/// the bundle is. Control characters of texts from outside are shown as '?'.
std::string terminal_summary(const Analysis& analysis, const std::filesystem::path& bundle,
                             Color color);

}  // namespace ocibench::coordinator
