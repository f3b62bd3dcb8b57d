#include "agent/check/host_facts.hpp"

#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "agent/process/cgroup.hpp"
#include "agent/process/kernel_text.hpp"
#include "agent/sampling/net_dev.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxControlFile = 4096;

FolderFacts folder_facts(const char* what, const fs::path& path) {
  FolderFacts facts{.what = what, .path = path};
  std::error_code error;
  fs::path existing = fs::absolute(path, error);
  while (existing.has_relative_path() && !fs::exists(existing, error)) {
    existing = existing.parent_path();
  }
  facts.writable = ::access(existing.c_str(), W_OK | X_OK) == 0;
  const fs::space_info space = fs::space(existing, error);
  if (!error) {
    facts.free_bytes = space.available;
  }
  return facts;
}

/// In v2 what is handed down to us can be measured; hybrid hosts have it in v1.
bool has_memory_controller(CgroupMode mode) {
  const CgroupLayout layout = detect_cgroup_layout("/proc");
  if (mode == CgroupMode::hybrid) {
    return !layout.own1_memory.empty();
  }
  const auto text = read_file(layout.own2 / "cgroup.controllers", kMaxControlFile);
  const std::vector<std::string> names = words(text.value_or(std::string()));
  return mode == CgroupMode::v2 && std::ranges::find(names, "memory") != names.end();
}

void read_clock(HostFacts& facts) {
  timex state{};
  const int status = ::adjtimex(&state);  // modes = 0: asks, changes nothing
  if (status < 0) {
    return;
  }
  facts.clock_synchronised = status != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (facts.clock_synchronised) {
    facts.clock_error_us = state.maxerror;
  }
}

}  // namespace

HostFacts read_host_facts(const HostFactsRequest& request) {
  HostFacts facts;
  facts.root = ::geteuid() == 0;
  facts.cgroups = CgroupHost::open(std::nullopt).mode();
  facts.memory_controller = has_memory_controller(facts.cgroups);
  facts.pidstat = ::access(request.pidstat.c_str(), X_OK) == 0;
  read_clock(facts);
  if (const auto interface = read_default_route_interface("/proc")) {
    facts.interface = *interface;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.open_files_soft = limit.rlim_cur;
    facts.open_files_hard = limit.rlim_max;
  }
  facts.folders = {folder_facts("state", request.state_directory),
                   folder_facts("cache", request.cache_directory)};
  return facts;
}

}  // namespace ocibench::agent
