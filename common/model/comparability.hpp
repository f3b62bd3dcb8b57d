#pragma once

#include <cstdint>
#include <optional>

namespace ocibench {

/// How much of an image a tool is told to copy.
enum class WorkKind {
  normalised,    ///< the same for all: every platform, no referrers
  tool_default,  ///< what the tool does when nobody tells it
};

/// The two settings by which tools are made comparable, or left as they are.
struct Comparability {
  std::optional<std::uint32_t> concurrency;  ///< nullopt: as the tool ships
  WorkKind work = WorkKind::normalised;

  friend bool operator==(const Comparability&, const Comparability&) = default;
};

}  // namespace ocibench
