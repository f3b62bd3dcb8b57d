#include "agent/sampling/proc_tree.hpp"

#include <unistd.h>

#include "agent/sampling/cgroup_usage.hpp"

namespace ocibench::agent {

TreeUse sum_of(const std::vector<ProcessEntry>& entries) {
  const auto us_per_tick = 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::uint64_t pages = 0;
  TreeUse use;
  for (const ProcessEntry& entry : entries) {
    user += entry.user_ticks + entry.waited_user_ticks;
    system += entry.system_ticks + entry.waited_system_ticks;
    pages += entry.alive() ? entry.rss_pages : 0;
    use.processes += entry.alive() ? 1U : 0U;
  }
  use.cpu_user_us = user * us_per_tick;
  use.cpu_system_us = system * us_per_tick;
  use.rss_bytes = pages * page_bytes;
  return use;
}

ProcTree::ProcTree(const ProcessTree& tree, std::filesystem::path proc_root)
    : descendants_(std::move(proc_root), tree.pid, tree.keeper) {}

TreeUse ProcTree::read() {
  const std::vector<ProcessEntry> entries = descendants_.read();
  members_.clear();
  for (const ProcessEntry& entry : entries) {
    if (entry.alive()) {
      members_.push_back(entry.pid);
    }
  }
  return sum_of(entries);
}

std::unique_ptr<TreeMeter> make_tree_meter(const ProcessTree& tree, const HostPaths& paths) {
  if (tree.cgroup2.empty()) {
    return std::make_unique<ProcTree>(tree, paths.proc);
  }
  return std::make_unique<CgroupUsage>(tree, paths.proc);
}

}  // namespace ocibench::agent
