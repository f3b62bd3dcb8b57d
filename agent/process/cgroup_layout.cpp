#include "agent/process/cgroup_layout.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "agent/process/kernel_text.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;

bool has_item(std::string_view comma_separated, std::string_view item) {
  return fmt::format(",{},", comma_separated).find(fmt::format(",{},", item)) != std::string::npos;
}

/// A process sees "0::/a/b" although the mount shows only what is below /a, or below the root of
/// its namespace; the mount's own root says which.
fs::path below_mount(const std::string& mount_point, const std::string& mount_root,
                     const std::string& cgroup_path) {
  std::string_view rest = cgroup_path;
  if (mount_root != "/" && rest.starts_with(mount_root)) {
    rest.remove_prefix(mount_root.size());
  }
  fs::path path = fs::path(mount_point) / fs::path(rest).relative_path();
  std::error_code error;
  path = fs::exists(path, error) ? path : fs::path(mount_point);
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

std::string_view to_string(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::none: return "none";
    case CgroupMode::v2: return "v2";
    case CgroupMode::hybrid: return "hybrid";
  }
  return "none";
}

CgroupLayout detect_cgroup_layout(const fs::path& proc_root) {
  std::string own2 = "/";
  std::string own1_memory = "/";
  for (const std::string& line : lines_of(proc_root / "self" / "cgroup")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string::npos ? 0 : first + 1);
    if (second == std::string::npos || second == first) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) {
      own2 = line.substr(second + 1);
    } else if (has_item(controllers, "memory")) {
      own1_memory = line.substr(second + 1);
    }
  }
  CgroupLayout layout;
  // proc(5): id parent major:minor root mount_point options [optional...] - type source super
  for (const std::string& line : lines_of(proc_root / "self" / "mountinfo")) {
    const std::vector<std::string> fields = words(line);
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 4) {
      continue;
    }
    if (dash[1] == "cgroup2" && layout.own2.empty()) {
      layout.own2 = below_mount(fields[4], fields[3], own2);
    } else if (dash[1] == "cgroup" && has_item(dash[3], "memory")) {
      layout.own1_memory = below_mount(fields[4], fields[3], own1_memory);
    }
  }
  if (!layout.own2.empty()) {
    layout.mode = layout.own1_memory.empty() ? CgroupMode::v2 : CgroupMode::hybrid;
  }
  return layout;
}

}  // namespace ocibench::agent
