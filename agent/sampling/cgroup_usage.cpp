#include "agent/sampling/cgroup_usage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/fd.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kExpectedMembers = 4096;

/// Resident pages of one process. 0 when it has ended meanwhile: then it holds none.
std::uint64_t resident_pages(const std::filesystem::path& proc_root, pid_t pid) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), "%s/%d/statm", proc_root.c_str(), pid);
  const Fd fd(::open(text.data(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (got <= 0) {
    return 0;
  }
  const std::string_view line(text.data(), static_cast<std::size_t>(got));
  return leading_number(word_at(line, 1)).value_or(0);
}

}  // namespace

CgroupUsage::CgroupUsage(const ProcessTree& tree, std::filesystem::path proc_root)
    : proc_root_(std::move(proc_root)),
      cpu_(tree.cgroup2 / "cpu.stat"),
      processes_(tree.cgroup2 / "cgroup.procs"),
      peak2_(tree.cgroup2 / "memory.peak"),
      peak1_(tree.cgroup1_memory / "memory.max_usage_in_bytes"),
      has_memory1_(!tree.cgroup1_memory.empty()),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {
  members_.reserve(kExpectedMembers);
}

TreeUse CgroupUsage::read() {
  TreeUse use;
  if (const auto text = cpu_.read()) {
    use.cpu_user_us = number_behind(*text, "user_usec");
    use.cpu_system_us = number_behind(*text, "system_usec");
  }
  members_.clear();
  if (auto text = processes_.read()) {
    std::uint64_t pages = 0;
    while (const auto pid = leading_number(*text)) {
      members_.push_back(static_cast<pid_t>(*pid));
      pages += resident_pages(proc_root_, members_.back());
      const std::size_t newline = std::min(text->find('\n'), text->size() - 1);
      text->remove_prefix(newline + 1);
    }
    use.rss_bytes = pages * page_bytes_;
  }
  use.processes = static_cast<std::uint32_t>(members_.size());
  return use;
}

std::optional<std::uint64_t> CgroupUsage::memory_peak_bytes() {
  const auto text = has_memory1_ ? peak1_.read() : peak2_.read();
  return text ? leading_number(*text) : std::nullopt;
}

std::string_view CgroupUsage::source() const {
  return has_memory1_ ? "cgroup2+cgroup1" : "cgroup2";
}

}  // namespace ocibench::agent
