#pragma once

#include <string_view>

namespace ocibench {

/// "0.1.0"
std::string_view version();
/// Commit this was built from, 40 digits, "-dirty" appended where the tree had changes; "unknown"
/// outside a checkout.
std::string_view git_sha();
/// "gcc 12.2.0"
std::string_view compiler();

}  // namespace ocibench
