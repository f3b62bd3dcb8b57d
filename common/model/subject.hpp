#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ocibench {

/// One executable that took part, pinned by content.
struct BinaryIdentity {
  std::string path;
  std::string sha256;
  std::uint64_t size_bytes = 0;

  friend bool operator==(const BinaryIdentity&, const BinaryIdentity&) = default;
};

/// What exactly was measured.
struct SubjectIdentity {
  std::string name;     ///< "skopeo"
  std::string label;    ///< as printed: "skopeo 1.9.3 (Debian 12)"
  std::string version;  ///< what the version pattern captured, "1.9.3"
  std::vector<BinaryIdentity> binaries;
  std::string command;      ///< argv as run, shell-quoted, placeholders filled
  std::string config_text;  ///< the rendered configuration file; empty when there is none

  friend bool operator==(const SubjectIdentity&, const SubjectIdentity&) = default;
};

/// Facts about a host, by dotted key ("cpu.model", "kernel.release"); a fact that could not be had
/// is nullopt, never an empty or made-up value.
struct Environment {
  std::map<std::string, std::optional<std::string>> facts;

  friend bool operator==(const Environment&, const Environment&) = default;
};

/// The fact that names the machine in the bundle's path: "c6in.4xlarge", or "local-2cpu" off EC2.
inline constexpr const char* kInstanceTypeFact = "instance.type";

}  // namespace ocibench
