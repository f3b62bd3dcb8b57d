#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::coordinator {

/// How to start the one agent of local mode.
struct LocalAgentOptions {
  std::string name = "local";
  std::string endpoint;
  std::filesystem::path state_directory;  ///< spool; survives the agent
  std::filesystem::path log;
  std::filesystem::path data_directory;
  std::filesystem::path cache_directory;
  std::filesystem::path tools_directory;
};

/// An ocibench-agent on this machine, in a session of its own: an interrupt at the terminal reaches
/// the coordinator only, and a killed coordinator leaves the agent at work (it waits kOrphanAfter
/// for the campaign to be resumed).
class LocalAgent {
 public:
  static constexpr std::chrono::seconds kOrphanAfter{120};

  /// Starts the program `ocibench-agent` beside this executable. Errors: not_found, io.
  static Result<LocalAgent> start(const LocalAgentOptions& options);
  /// Takes over one that an earlier coordinator started. Errors: unavailable when it is gone.
  static Result<LocalAgent> adopt(pid_t pid);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the agent has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Waits for the end; sends SIGTERM after `patience` and SIGKILL after as much again.
  void finish(std::chrono::milliseconds patience);

 private:
  LocalAgent(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_ = -1;
  Fd pidfd_;
};

}  // namespace ocibench::coordinator
