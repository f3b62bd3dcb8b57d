#pragma once

#include <filesystem>
#include <optional>

#include "common/error.hpp"

namespace ocibench::catalog {

/// Where competitors/ and scenarios/ are: `explicit_path` when given; else `../share/ocibench`
/// beside the executable's folder; else the nearest folder above it that holds both (a build tree).
/// Definitions say what is executed: a folder that others could have written is refused, see
/// find_distrust(). Errors: not_found, with the places looked at; bad_input, with whom not to
/// trust.
Result<std::filesystem::path> find_data_directory(
    const std::optional<std::filesystem::path>& explicit_path,
    const std::filesystem::path& executable);

}  // namespace ocibench::catalog
