#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench {

// Folders that appear whole or not at all: filled under a temporary name (TemporaryDirectory),
// synced, and renamed.

/// Forces a file, or what a directory lists, to the disk. Errors: io.
Result<void> sync_path(const std::filesystem::path& path);
/// The same for a directory with all that is below it. Symbolic links are not followed.
Result<void> sync_tree(const std::filesystem::path& directory);

enum class Renamed {
  done,
  taken,  ///< `to` exists; nothing was changed
};

/// Renames a directory and never replaces anything. Errors: io.
/// Source: rename(2), RENAME_NOREPLACE; where the file system has no such rename,
/// claim_and_rename().
Result<Renamed> rename_directory(const std::filesystem::path& from,
                                 const std::filesystem::path& to);

/// The same in two steps: makes `to` as an empty directory, which fails when it exists, and renames
/// onto it, which fails when it is not empty any more. A kill between the two leaves an empty
/// directory with that name, which counts as taken.
Result<Renamed> claim_and_rename(const std::filesystem::path& from,
                                 const std::filesystem::path& to);

/// Removes the directories `<parent>/<prefix>*` that no TemporaryDirectory of a living process
/// owns, and returns their paths. Best effort: what cannot be removed, or whose owner cannot be
/// known (a file system without flock(2)), stays.
std::vector<std::filesystem::path> remove_abandoned(const std::filesystem::path& parent,
                                                    std::string_view prefix);

}  // namespace ocibench
