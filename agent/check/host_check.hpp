#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/check/host_facts.hpp"
#include "common/json.hpp"

namespace ocibench::agent {

/// One thing about a host.
struct HostFinding {
  enum class Level {
    ok,
    note,     ///< results will say so, and are results
    missing,  ///< should be mended before this host is given work
  };
  std::string subject;  ///< "cgroups", or the name of a tool
  Level level = Level::ok;
  std::string text;
  std::string remedy;  ///< what to do; empty where nothing needs to be done
};

std::string_view to_string(HostFinding::Level level);

inline constexpr std::uint64_t kWantedFreeBytes = 5'000'000'000;  ///< in each folder
inline constexpr std::uint64_t kMinOpenFiles = 4096;
/// Clocks only put the logs of machines side by side; nothing is measured by them.
inline constexpr std::int64_t kMaxClockErrorUs = 100'000;

/// The host first, then tools by name. `wanted`: tools that must be usable; when empty, a tool that
/// is not is only noted, as long as there is one that is.
std::vector<HostFinding> check_host(const HostFacts& facts, const std::vector<std::string>& wanted);

[[nodiscard]] bool is_fit(const std::vector<HostFinding>& findings);

/// A table of at most 100 columns where words allow it, and the verdict below.
std::string findings_text(const std::vector<HostFinding>& findings);
Json findings_json(const std::vector<HostFinding>& findings);

}  // namespace ocibench::agent
