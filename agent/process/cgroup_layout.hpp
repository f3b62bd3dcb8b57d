#pragma once

#include <filesystem>
#include <string_view>

namespace ocibench::agent {

/// How a host has its cgroups mounted, as far as it matters here.
enum class CgroupMode {
  none,    ///< no cgroup v2, or none that we may write to
  v2,      ///< everything in one hierarchy
  hybrid,  ///< v2 for processes and CPU time, the memory controller in v1
};

std::string_view to_string(CgroupMode mode);

/// Where our own cgroup is in each hierarchy. Empty: not mounted.
struct CgroupLayout {
  CgroupMode mode = CgroupMode::none;
  std::filesystem::path own2;
  std::filesystem::path own1_memory;
};

/// Reads <proc_root>/self/{mountinfo,cgroup}; see cgroups(7).
CgroupLayout detect_cgroup_layout(const std::filesystem::path& proc_root);

}  // namespace ocibench::agent
