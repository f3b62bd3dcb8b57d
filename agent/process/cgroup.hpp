#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench::agent {

/// How a host has its cgroups mounted, as far as it matters here.
enum class CgroupMode {
  none,    ///< no cgroup v2, or none that we may write to
  v2,      ///< everything in one hierarchy
  hybrid,  ///< v2 for processes and CPU time, the memory controller in v1
};

std::string_view to_string(CgroupMode mode);

/// Where our own cgroup is in each hierarchy. Empty: not mounted.
struct CgroupLayout {
  CgroupMode mode = CgroupMode::none;
  std::filesystem::path own2;
  std::filesystem::path own1_memory;
};

/// Reads <proc_root>/self/{mountinfo,cgroup}; see cgroups(7).
CgroupLayout detect_cgroup_layout(const std::filesystem::path& proc_root);

/// The cgroup of one run, in v2 and, on hybrid hosts, in v1's memory hierarchy too. Removed when
/// the object goes; what still runs in it is killed.
class RunCgroup {
 public:
  RunCgroup(std::filesystem::path path2, std::filesystem::path path1_memory);
  RunCgroup(const RunCgroup&) = delete;
  RunCgroup& operator=(const RunCgroup&) = delete;
  ~RunCgroup();

  [[nodiscard]] const std::filesystem::path& path2() const { return path2_; }
  [[nodiscard]] const std::filesystem::path& path1_memory() const { return path1_memory_; }
  /// The v2 directory, for CLONE_INTO_CGROUP.
  [[nodiscard]] int directory_fd() const { return directory_.get(); }
  /// POLLPRI when it becomes empty, at most every 10 ms. Call empty() before polling, to arm it.
  [[nodiscard]] int events_fd() const { return events_.get(); }

  /// Into the memory hierarchy of v1, if there is one: clone3 cannot do that. Errors: io.
  Result<void> join_memory(pid_t pid) const;
  /// No member runs, in cgroups below it either. Zombies don't count.
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::vector<pid_t> members() const;
  /// SIGKILL to every member: with cgroup.kill (Linux 5.14) at once and for all, else one round.
  void kill() const;
  /// Children of ours that have ended in this cgroup without being reaped by their parents.
  [[nodiscard]] std::vector<pid_t> orphans(const std::filesystem::path& proc_root) const;

 private:
  std::filesystem::path path2_;
  std::filesystem::path path1_memory_;
  Fd directory_;
  Fd events_;
};

/// Makes a fresh cgroup for each run. Runs of agents that died are swept when the object is made.
/// In pure v2, a cgroup with processes cannot hand controllers down, so this process moves into a
/// leaf of its own once; with systemd that needs Delegate=yes. Who is dead is told by pid and start
/// time: agents that share a parent cgroup must share a pid namespace.
class CgroupHost {
 public:
  /// `parent2`: where to make them instead of below our own cgroup; must exist.
  static CgroupHost open(const std::optional<std::filesystem::path>& parent2);

  [[nodiscard]] CgroupMode mode() const { return layout_.mode; }
  /// Errors: io.
  Result<std::unique_ptr<RunCgroup>> create();

 private:
  explicit CgroupHost(CgroupLayout layout);
  void hand_down_memory() const;
  void sweep(const std::filesystem::path& parent) const;

  CgroupLayout layout_;
};

}  // namespace ocibench::agent
