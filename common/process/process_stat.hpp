#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "common/error.hpp"

namespace ocibench {

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

/// Names one process for good, as long as this system runs: a pid alone is given away again.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Of the process that has this pid now. Errors: not_found (none has), io, bad_input.
Result<ProcessIdentity> identity_of(pid_t pid);

}  // namespace ocibench
