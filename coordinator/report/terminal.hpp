#pragma once

#include <filesystem>
#include <string>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

enum class Color { never, always };

/// What `ocibench run` prints last: the verdict, one headline per scenario and tool, how they
/// compare, why the verdict is not VALID, and where the bundle is. Control characters of texts from
/// outside are shown as '?'.
std::string terminal_summary(const Analysis& analysis, const std::filesystem::path& bundle,
                             Color color);

}  // namespace ocibench::coordinator
