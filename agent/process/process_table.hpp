#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "common/process/process_stat.hpp"

namespace ocibench::agent {

/// All processes; those that vanish meanwhile are left out. Costs about 10 us per process.
std::vector<ProcessEntry> read_process_table(const std::filesystem::path& proc_root);

/// Picks the descendants of one child of ours out of process tables, without cgroups. We are the
/// subreaper, so an orphan of the tree becomes our child: whoever is our child now and was not when
/// this object was made belongs to the tree. Where the tree has a keeper, its orphans become
/// children of that one. Requires: nothing else starts children meanwhile.
class Descendants {
 public:
  /// `keeper`: see ProcessTree.
  Descendants(std::filesystem::path proc_root, pid_t root, pid_t keeper = -1);

  /// Of the tree, zombies included, as it is now.
  [[nodiscard]] std::vector<ProcessEntry> read() const;
  /// Those of the tree whose parent we or its keeper are: the root and orphans. Costs little, and
  /// is enough to know whether the tree lives: whoever loses its parent comes to us or it.
  [[nodiscard]] std::vector<ProcessEntry> adopted() const;
  [[nodiscard]] std::vector<ProcessEntry> select(const std::vector<ProcessEntry>& table) const;

 private:
  [[nodiscard]] bool ours_to_watch(const ProcessEntry& entry) const;

  std::filesystem::path proc_root_;
  pid_t root_;
  pid_t keeper_;
  pid_t self_;
  std::set<std::pair<pid_t, std::uint64_t>> own_children_;  // (pid, start)
};

}  // namespace ocibench::agent
