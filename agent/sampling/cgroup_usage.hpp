#pragma once

#include <optional>
#include <string>

#include "agent/sampling/kept_file.hpp"
#include "agent/sampling/tree_meter.hpp"

namespace ocibench::agent {

/// A run's cgroup: CPU time from cpu.stat of v2 (exact, ended processes included), the memory peak
/// from memory.peak of v2 or memory.max_usage_in_bytes of v1 (page cache included), RSS by adding
/// up the members.
class CgroupUsage final : public TreeMeter {
 public:
  CgroupUsage(const ProcessTree& tree, std::filesystem::path proc_root);

  TreeUse read() override;
  [[nodiscard]] const std::vector<pid_t>& members() const override { return members_; }
  std::optional<std::uint64_t> memory_peak_bytes() override;
  [[nodiscard]] std::string_view source() const override;

 private:
  std::filesystem::path proc_root_;
  KeptFile cpu_;
  KeptFile processes_;
  KeptFile peak2_;
  KeptFile peak1_;
  bool has_memory1_;
  std::uint64_t page_bytes_;
  std::vector<pid_t> members_;
};

}  // namespace ocibench::agent
