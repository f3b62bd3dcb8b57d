#pragma once

#include <memory>

#include "agent/process/cgroup.hpp"
#include "agent/process/live_tree.hpp"
#include "agent/process/output_capture.hpp"
#include "agent/process/process_runner.hpp"
#include "common/process/spawn.hpp"

namespace ocibench::agent {

/// A tool behind its gate, with everything that holds and hears it. The process goes first, then
/// the cgroup.
struct Launch {
  std::unique_ptr<RunCgroup> cgroup;  // null: process table
  OutputCapture output;
  OutputCapture errors;
  SpawnedProcess process;

  [[nodiscard]] ProcessTree tree() const {
    ProcessTree tree{.pid = process.pid(), .keeper = process.keeper()};
    if (cgroup) {
      tree.cgroup2 = cgroup->path2();
      tree.cgroup1_memory = cgroup->path1_memory();
    }
    return tree;
  }
  [[nodiscard]] std::unique_ptr<LiveTree> live_tree() const {
    return cgroup ? make_cgroup_tree(*cgroup, tree()) : make_descendant_tree(tree());
  }
};

/// Starts the tool up to its gate, in `cgroup` if there is one. Errors: those of spawn().
Result<Launch> launch(const Command& command, Confinement confinement,
                      std::unique_ptr<RunCgroup> cgroup);

}  // namespace ocibench::agent
