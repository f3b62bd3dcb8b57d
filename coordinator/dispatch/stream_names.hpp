#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/model/ids.hpp"

namespace ocibench::coordinator {

// The streams of the coordinator's journal. "coordinator" holds its own decisions; one stream per
// life of an agent's spool, "agent/<name>/<boot>", holds what that agent told, seq by seq.

inline constexpr std::string_view kCoordinatorStream = "coordinator";

struct AgentStream {
  AgentName agent;
  BootId boot;

  friend bool operator==(const AgentStream&, const AgentStream&) = default;
};

/// Requires: neither part holds a '/'.
std::string agent_stream_name(const AgentName& agent, const BootId& boot);
/// The inverse; nullopt when `stream` is not of that form.
std::optional<AgentStream> parse_agent_stream(std::string_view stream);

}  // namespace ocibench::coordinator
