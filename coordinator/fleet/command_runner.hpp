#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/error.hpp"

namespace ocibench::coordinator {

/// How a program ended and what it said.
struct CommandEnd {
  int status = 0;  ///< exit status, or 128 and the signal
  std::string output;
};

/// Shown: stdout and stderr go to our stderr as they come, and into `output`. Collected: only
/// stdout, and only into `output`.
enum class CommandOutput { shown, collected };

using CommandRunner =
    std::function<Result<CommandEnd>(const std::vector<std::string>& argv, CommandOutput output)>;

/// What is kept of an output; of a shown one the end, of a collected one all or an error.
inline constexpr std::size_t kMaxCommandOutput = 16 * 1024 * 1024;

/// Runs a program to its end with our own environment and terminal, and in our process group: an
/// interrupt reaches it, while we wait until it has put its own things in order. argv[0] is looked
/// up on the PATH. Errors: not_found (no such program), limit (of a collected output), io.
Result<CommandEnd> run_command_line(const std::vector<std::string>& argv, CommandOutput output);

}  // namespace ocibench::coordinator
