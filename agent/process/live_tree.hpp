#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/process/cgroup.hpp"
#include "agent/process/process_runner.hpp"
#include "agent/process/process_table.hpp"

namespace ocibench::agent {

/// The processes of one run, as something that can be asked whether it lives, and killed.
class LiveTree {
 public:
  LiveTree() = default;
  LiveTree(const LiveTree&) = delete;
  LiveTree& operator=(const LiveTree&) = delete;
  virtual ~LiveTree() = default;

  /// Members that run; zombies don't.
  [[nodiscard]] virtual std::uint32_t alive() const = 0;
  [[nodiscard]] virtual bool empty() const { return alive() == 0; }
  /// Raises POLLPRI when it may have become empty; -1: ask again and again.
  [[nodiscard]] virtual int change_fd() const { return -1; }
  /// SIGKILL to all. Repeat until empty: the fallback can be outrun by a tree that forks. It may
  /// reap orphans, so that their times are lost.
  virtual void kill() const = 0;
  /// Reaps the members that were left to us; what was left to a keeper goes with it.
  /// Requires: it is empty, and the tool has been reaped.
  virtual void bury() const = 0;
};

/// By cgroup v2: exact. `cgroup` must outlive it.
std::unique_ptr<LiveTree> make_cgroup_tree(const RunCgroup& cgroup, const ProcessTree& tree);

/// By parenthood, from /proc. See Descendants for what it requires.
std::unique_ptr<LiveTree> make_descendant_tree(const ProcessTree& tree);

}  // namespace ocibench::agent
