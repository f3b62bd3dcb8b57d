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
/// The fact that says which platform of an image this machine runs: "linux/amd64".
inline constexpr const char* kPlatformFact = "machine.platform";

/// The fact that says how tools were kept apart from the agent and its registries, and how it
/// begins where they were not; the reason follows.
inline constexpr const char* kIsolationFact = "tool.isolation";
inline constexpr const char* kNotIsolated = "not isolated";

/// Equal for all that run on one kernel, and nothing can be learned from it but that.
inline constexpr const char* kHostIdentityFact = "host.identity";
/// Whose interfaces, and counters of them, are the same.
inline constexpr const char* kNetworkNamespaceFact = "host.network_namespace";

/// nullopt where the fact is absent, and where it could not be had.
inline std::optional<std::string> fact_of(const Environment& environment, const std::string& key) {
  const auto fact = environment.facts.find(key);
  return fact == environment.facts.end() ? std::nullopt : fact->second;
}

}  // namespace ocibench
