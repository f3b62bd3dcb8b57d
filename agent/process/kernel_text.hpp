#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ocibench::agent {

/// The lines of a small file of /proc or /sys; none when it cannot be read.
std::vector<std::string> lines_of(const std::filesystem::path& file);

/// The words of a line, split at white space.
std::vector<std::string> words(const std::string& line);

}  // namespace ocibench::agent
