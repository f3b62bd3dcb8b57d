#pragma once

#include <filesystem>
#include <optional>

#include "agent/process/cgroup.hpp"
#include "agent/process/isolation.hpp"
#include "agent/process/process_runner.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

struct Launch;

/// How a run is held together.
enum class TreeControl {
  best_available,  ///< cgroups where they can be had, else the process table
  process_table,   ///< as on a host without cgroups
};

/// Runs tools with clone3, pidfds and cgroups. See WindowObserver for the order of things.
///
/// In the window the calling thread sits in poll(2). It wakes to move output from the tool's pipes
/// to a file, which cannot be avoided for a tool that talks, and, where min_free_bytes is given,
/// five times a second for a statvfs(2). Nothing is compressed, logged or locked until the window
/// is closed.
///
/// When closed() is called, the tool and its orphans have ended but are still zombies, so their
/// times can be read. Then what has left the tree is looked for and killed. Makes this process the
/// reaper of orphans (PR_SET_CHILD_SUBREAPER) for good. One run at a time; without cgroups, nothing
/// else may start children during a run.
class LinuxProcessRunner final : public ProcessRunner {
 public:
  /// `clock` must outlive the runner. `cgroup_parent`: an existing cgroup v2 directory to use
  /// instead of our own.
  explicit LinuxProcessRunner(const Clock& clock, TreeControl control = TreeControl::best_available,
                              const std::optional<std::filesystem::path>& cgroup_parent = {},
                              Isolation isolation = {});

  [[nodiscard]] CgroupMode cgroup_mode() const;
  [[nodiscard]] const Isolation& isolation() const { return isolation_; }

  /// Requires: argv is not empty, deadline > 0; the logs' directories exist and the logs don't.
  Result<ProcessReport> run(const Command& command, WindowObserver& observer,
                            const Cancellation& cancellation) override;

 private:
  [[nodiscard]] Result<Launch> launch_apart(const Command& command);

  const Clock& clock_;
  const Isolation isolation_;
  std::optional<CgroupHost> cgroups_;  // none: process table
};

}  // namespace ocibench::agent
