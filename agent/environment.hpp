#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/sampling/tree_meter.hpp"
#include "common/error.hpp"
#include "common/model/subject.hpp"

namespace ocibench::agent {

/// What this program knows about itself; facts that were not passed in stay absent.
struct BuildFacts {
  std::optional<std::string> version;
  std::optional<std::string> git_sha;
};

struct EnvironmentRequest {
  HostPaths paths;
  std::filesystem::path os_release = "/etc/os-release";
  std::string interface;                    ///< the one that is measured
  std::filesystem::path working_directory;  ///< where tools run
  BuildFacts build;
  std::string metadata_endpoint;  ///< of EC2's instance metadata service; empty: not asked
};

/// Facts about this host that can be had without root and in milliseconds. Numbers are in the unit
/// that the key names, else as the kernel prints them. The network is asked only where DMI says
/// that this is an EC2 instance: elsewhere those facts are absent at once.
Environment read_environment(const EnvironmentRequest& request);

/// A program pinned by content; `path` is what symbolic links lead to. Errors: not_found, io.
Result<BinaryIdentity> identify_binary(const std::filesystem::path& program);

}  // namespace ocibench::agent
