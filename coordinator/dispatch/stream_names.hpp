#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/model/ids.hpp"

namespace ocibench::coordinator {

/// Streams of the journal: one for the coordinator's own decisions, one for every life of an agent.
inline constexpr std::string_view kCoordinatorStream = "coordinator";

inline std::string agent_stream(const AgentName& agent, const BootId& boot) {
  return fmt::format("agent/{}/{}", agent.str(), boot.str());
}

}  // namespace ocibench::coordinator
