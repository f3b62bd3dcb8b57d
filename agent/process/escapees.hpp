#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/process/process_runner.hpp"
#include "agent/process/process_table.hpp"

namespace ocibench::agent {

/// What a tool has started and what is no longer in its tree: daemons in another cgroup, and, where
/// tools have a user of their own, every process of that user. They could work on in the next run.
class Escapees {
 public:
  /// Requires: what else we start has been started, see Descendants.
  Escapees(const ProcessTree& tree, std::optional<uid_t> user);

  /// Kills those that live, and counts them in `report`. Requires: the tree is empty.
  /// Errors: io (some survive SIGKILL).
  Result<void> end(ProcessReport& report) const;

  static constexpr std::size_t kMaxNames = 5;

 private:
  [[nodiscard]] std::set<pid_t> alive() const;

  Descendants descendants_;
  std::optional<uid_t> user_;
};

/// Living processes of which some user id is this one.
std::vector<pid_t> processes_of(uid_t user);

}  // namespace ocibench::agent
