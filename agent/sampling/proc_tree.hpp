#pragma once

#include <string>
#include <vector>

#include "agent/process/process_table.hpp"
#include "agent/sampling/tree_meter.hpp"

namespace ocibench::agent {

/// What entries of a process table have used. CPU includes children that were waited for, so a
/// process that ended between two looks is not lost unless nobody waited for it. Granularity: a
/// clock tick, 10 ms. `rss_bytes` and `processes` leave zombies out.
TreeUse sum_of(const std::vector<ProcessEntry>& entries);

/// A process tree without a cgroup, sampled from /proc.
class ProcTree final : public TreeMeter {
 public:
  ProcTree(const ProcessTree& tree, std::filesystem::path proc_root);

  TreeUse read() override;
  [[nodiscard]] const std::vector<pid_t>& members() const override { return members_; }
  std::optional<std::uint64_t> memory_peak_bytes() override { return std::nullopt; }
  [[nodiscard]] std::string_view source() const override { return "proc"; }

 private:
  Descendants descendants_;
  std::vector<pid_t> members_;
};

}  // namespace ocibench::agent
