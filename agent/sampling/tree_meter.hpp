#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/process/process_runner.hpp"

namespace ocibench::agent {

/// Where the kernel shows itself; tests have a copy.
struct HostPaths {
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
};

/// What a process tree has used so far and holds now.
struct TreeUse {
  std::optional<std::uint64_t> cpu_user_us;
  std::optional<std::uint64_t> cpu_system_us;
  std::optional<std::uint64_t> rss_bytes;  ///< sum over processes: shared pages count in each
  std::uint32_t processes = 0;
};

/// Reads the use of one process tree, again and again. Not thread-safe: one meter per thread.
class TreeMeter {
 public:
  TreeMeter() = default;
  TreeMeter(const TreeMeter&) = delete;
  TreeMeter& operator=(const TreeMeter&) = delete;
  virtual ~TreeMeter() = default;

  virtual TreeUse read() = 0;
  /// Who was running at the last read(); valid until the next.
  [[nodiscard]] virtual const std::vector<pid_t>& members() const = 0;
  /// The kernel's own high-water mark. nullopt where nobody keeps one.
  virtual std::optional<std::uint64_t> memory_peak_bytes() = 0;
  /// For ResourceUse::source.
  [[nodiscard]] virtual std::string_view source() const = 0;
};

/// By cgroup when the tree has one, else by the process table.
/// Requires: made when our own children have been started, see Descendants.
std::unique_ptr<TreeMeter> make_tree_meter(const ProcessTree& tree, const HostPaths& paths);

}  // namespace ocibench::agent
