#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace ocibench::agent {

/// One line of /proc/PID/stat, see proc(5). Times in clock ticks (sysconf(_SC_CLK_TCK)).
struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';  ///< 'Z': ended, not reaped; its times are final and still readable
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t waited_user_ticks = 0;  ///< of children it has waited for, recursively
  std::uint64_t waited_system_ticks = 0;
  std::uint64_t start_ticks = 0;  ///< since boot; with the pid it names a process for good
  std::uint64_t rss_pages = 0;

  friend bool operator==(const ProcessEntry&, const ProcessEntry&) = default;
  [[nodiscard]] bool alive() const { return state != 'Z' && state != 'X'; }
};

/// Errors: bad_input. The name, which may contain anything, ends at the last ')'.
Result<ProcessEntry> parse_process_stat(std::string_view text);

/// All processes; those that vanish meanwhile are left out. Costs about 10 us per process.
std::vector<ProcessEntry> read_process_table(const std::filesystem::path& proc_root);

/// Picks the descendants of one child of ours out of process tables, without cgroups. We are the
/// subreaper, so an orphan of the tree becomes our child: whoever is our child now and was not when
/// this object was made belongs to the tree. Requires: nothing else starts children meanwhile.
class Descendants {
 public:
  Descendants(std::filesystem::path proc_root, pid_t root);

  /// Of the tree, zombies included, as it is now.
  [[nodiscard]] std::vector<ProcessEntry> read() const;
  /// Those of the tree whose parent we are: the root and orphans. Costs little, and is enough to
  /// know whether the tree lives: whoever loses its parent comes to us.
  [[nodiscard]] std::vector<ProcessEntry> adopted() const;
  [[nodiscard]] std::vector<ProcessEntry> select(const std::vector<ProcessEntry>& table) const;

 private:
  [[nodiscard]] bool ours_to_watch(const ProcessEntry& entry) const;

  std::filesystem::path proc_root_;
  pid_t root_;
  pid_t self_;
  std::set<std::pair<pid_t, std::uint64_t>> own_children_;  // (pid, start)
};

}  // namespace ocibench::agent
