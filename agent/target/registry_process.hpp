#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/process/process_runner.hpp"
#include "common/catalog/render.hpp"
#include "common/error.hpp"
#include "common/process/spawn.hpp"

namespace ocibench::agent {

/// A server in the background: a process group of its own whose output goes to a file. Killed and
/// reaped when the object goes, and killed by the kernel when the thread that started it ends, so
/// that an agent that dies leaves nothing behind.
class RegistryProcess {
 public:
  /// Writes the command's files into `directory` and starts it there.
  /// Errors: io, not_found, unavailable.
  static Result<RegistryProcess> start(const catalog::RenderedCommand& command,
                                       const std::filesystem::path& directory);

  enum class Event { nothing, ended, cancelled };
  /// Waits for one of the events, at most this long.
  [[nodiscard]] Event wait(std::chrono::milliseconds timeout,
                           const Cancellation& cancellation) const;
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  /// What it printed before it served, on one line: the beginning and the end.
  [[nodiscard]] std::string output() const;
  /// Killed, not asked: its content goes with it. Does nothing the second time.
  void stop();

 private:
  RegistryProcess(SpawnedProcess process, std::filesystem::path log);
  std::optional<SpawnedProcess> process_;
  std::filesystem::path log_;
};

}  // namespace ocibench::agent
