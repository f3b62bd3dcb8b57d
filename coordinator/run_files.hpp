#pragma once

#include <filesystem>
#include <vector>

namespace ocibench::coordinator {

/// A folder itself, no symbolic link to one.
bool is_real_folder(const std::filesystem::path& path);

/// Removes from a run's folder every file that coordinator and agent make there, and the folder and
/// its parent when nothing else is in them. Follows no symbolic link. Returns what is left in it.
std::vector<std::filesystem::path> remove_run_files(const std::filesystem::path& run);

}  // namespace ocibench::coordinator
