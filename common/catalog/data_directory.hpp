#pragma once

#include <filesystem>
#include <optional>

#include "common/error.hpp"

namespace ocibench::catalog {

/// Where competitors/ and scenarios/ are: `explicit_path` when given; else `../share/ocibench`
/// beside the executable's folder; else the nearest folder above it that holds both (a build tree).
/// Errors: not_found, with the places looked at.
Result<std::filesystem::path> find_data_directory(
    const std::optional<std::filesystem::path>& explicit_path,
    const std::filesystem::path& executable);

}  // namespace ocibench::catalog
