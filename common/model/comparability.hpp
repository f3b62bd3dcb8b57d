#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ocibench {

/// What every tool of a campaign is asked to do.
enum class WorkKind : std::uint8_t {
  normalised,    ///< the same for all: every platform, no referrers
  tool_default,  ///< what each does as shipped, which may be more or less
};

inline constexpr std::array kAllWorkKinds = {WorkKind::normalised, WorkKind::tool_default};

std::string_view to_string(WorkKind work);  ///< "normalised", "tool-default"

/// Which platforms of an image a tool copies.
enum class Platforms : std::uint8_t {
  all,
  host,  ///< only that of the machine it runs on
};

inline constexpr std::array kAllPlatforms = {Platforms::all, Platforms::host};

std::string_view to_string(Platforms platforms);  ///< "all", "host"

/// The two settings that decide whether tools are compared as shipped or on equal terms.
struct Comparability {
  std::optional<std::uint32_t> concurrency;  ///< matched to this; nullopt: as the tool ships
  WorkKind work = WorkKind::normalised;

  friend bool operator==(const Comparability&, const Comparability&) = default;
};

}  // namespace ocibench
