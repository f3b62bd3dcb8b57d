#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/model/iteration.hpp"
#include "common/process/spawn.hpp"

namespace ocibench::agent {

/// pidstat beside a run. It watches all processes of the host, since it cannot be told of children
/// to come; whose lines are the tool's is known only afterwards.
class PidstatRun {
 public:
  static constexpr const char* kProgram = "/usr/bin/pidstat";

  /// Its raw output goes into a nameless file in `directory`.
  /// Errors: not_found (not installed), unavailable, io.
  static Result<PidstatRun> start(const std::filesystem::path& program,
                                  const std::filesystem::path& directory);

  /// Asks it to end. Returns at once.
  void stop();

  struct Summary {
    std::optional<Spread> cpu_percent;
    std::optional<Spread> rss_bytes;
    std::chrono::microseconds cost{0};  ///< its own CPU time
  };
  /// Waits for its end and writes `log`: its headers and its lines about `tree`, verbatim.
  /// Errors: bad_input (not what pidstat of sysstat 12 prints), io.
  Result<Summary> finish(const std::set<pid_t>& tree, const std::filesystem::path& log);

 private:
  PidstatRun(SpawnedProcess process, Fd raw);
  SpawnedProcess::End wait_for_end();

  SpawnedProcess process_;
  Fd raw_;
};

}  // namespace ocibench::agent
