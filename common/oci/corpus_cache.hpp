#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "common/error.hpp"
#include "common/oci/layout.hpp"

namespace ocibench::oci {

/// The layout `<cache>/<key>`, made by `build` when it is not there. Built under a temporary name,
/// synced, and renamed when complete: what has the name is whole, and of two processes that build
/// at once the first to finish wins and both use its result. What killed builds have left is
/// removed before another begins.
/// Requires: a key that is a file name. Errors: io, those of `build`.
Result<Layout> cached_layout(
    const std::filesystem::path& cache, std::string_view key,
    const std::function<Result<void>(const std::filesystem::path& directory)>& build);

}  // namespace ocibench::oci
