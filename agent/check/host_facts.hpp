#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/process/cgroup_layout.hpp"
#include "protocol/messages.hpp"

namespace ocibench::agent {

/// A folder that the agent writes to.
struct FolderFacts {
  std::string what;  ///< "state", "cache"
  std::filesystem::path path;
  bool writable = false;                    ///< it, or the nearest folder above that exists
  std::optional<std::uint64_t> free_bytes;  ///< for us; absent where it cannot be asked
};

/// What a host is asked before it is given work. Absent is what could not be read.
struct HostFacts {
  CgroupMode cgroups = CgroupMode::none;  ///< none also where we may make no cgroup
  bool memory_controller = false;         ///< handed down to us
  bool root = false;
  bool pidstat = false;
  bool clock_synchronised = false;
  std::optional<std::int64_t> clock_error_us;  ///< the kernel's bound on it
  std::optional<std::string> interface;        ///< of the default route
  std::uint64_t open_files_soft = 0;
  std::uint64_t open_files_hard = 0;
  std::vector<FolderFacts> folders;
  std::vector<protocol::ToolOffer> tools;
};

struct HostFactsRequest {
  std::filesystem::path state_directory;
  std::filesystem::path cache_directory;
  std::filesystem::path pidstat;
};

/// Everything but the tools, in milliseconds; creates nothing that stays.
HostFacts read_host_facts(const HostFactsRequest& request);

}  // namespace ocibench::agent
