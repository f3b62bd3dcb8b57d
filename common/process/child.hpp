#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/process/mount_plan.hpp"

// What a child of spawn() does before it becomes the program: between fork and execve of a threaded
// program only async-signal-safe calls are allowed, and no allocation. Everything it touches is
// prepared before.

namespace ocibench {

/// Where the child is. In this order, those about namespaces only where it has them.
enum class ChildStep : int {
  enter_namespaces,  ///< unshare(2)
  map_user,          ///< into its own user namespace
  divide,            ///< into the keeper of the namespaces and the child proper
  part_mounts,       ///< from the host's
  find,              ///< what a mount step is to bind; `item` is the step
  mount,             ///< `item` is the step
  mount_proc,
  change_user,
  divided,  ///< reported: the keeper and the child proper exist, the divider ends
  arrange,  ///< standard streams and descriptors
  enter_directory,
  ready,    ///< reported: it waits at the gate
  execute,  ///< the program
};

/// What a child writes into its report pipe: the two reports, else what failed.
struct ChildReport {
  ChildStep step = ChildStep::ready;
  int error = 0;         ///< errno; 0: a report
  std::size_t item = 0;  ///< of the mount plan
  pid_t keeper = -1;     ///< with `divided`, as the parent sees them
  pid_t child = -1;
  bool in_cgroup = false;  ///< the child was born in the cgroup
};

/// A mount step as system calls take it.
struct ChildMount {
  MountStep::Kind kind = MountStep::Kind::bind;
  const char* path = nullptr;
  int tree = -1;  ///< set by the child
};

struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* working_directory = nullptr;
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
  int gate_read = -1;
  int gate_write = -1;
  int report_write = -1;
  int cgroup2_fd = -1;
  // Only where it is set apart.
  std::optional<uid_t> user;
  bool namespaces = false;
  std::string user_map;  ///< for a user namespace of its own; empty: none
  std::string group_map;
  std::vector<ChildMount> mounts;
  int life_read = -1;  ///< the keeper ends when nobody holds the other end any more
  int life_write = -1;
};

/// The child proper: sets itself apart, reports `ready`, waits at the gate, becomes the program.
[[noreturn]] void run_child(ChildPlan& plan);

/// Enters namespaces, then makes two children of our own parent in them and ends. The first, the
/// keeper, does nothing but hold the namespaces: orphans of the second come to it, and with it
/// everything in there ends. The second goes on as run_child(). Reports `divided`.
[[noreturn]] void run_divider(ChildPlan& plan);

}  // namespace ocibench
