#include "coordinator/dispatch/stream_names.hpp"

#include <fmt/format.h>

#include "common/error.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kAgentPrefix = "agent/";

bool is_part(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

}  // namespace

std::string agent_stream_name(const AgentName& agent, const BootId& boot) {
  OCIBENCH_ASSERT(is_part(agent.str()) && is_part(boot.str()));
  return fmt::format("{}{}/{}", kAgentPrefix, agent.str(), boot.str());
}

std::optional<AgentStream> parse_agent_stream(std::string_view stream) {
  if (!stream.starts_with(kAgentPrefix)) {
    return std::nullopt;
  }
  stream.remove_prefix(kAgentPrefix.size());
  const std::size_t slash = stream.find('/');
  if (slash == std::string_view::npos || !is_part(stream.substr(0, slash)) ||
      !is_part(stream.substr(slash + 1))) {
    return std::nullopt;
  }
  return AgentStream{AgentName(std::string(stream.substr(0, slash))),
                     BootId(std::string(stream.substr(slash + 1)))};
}

}  // namespace ocibench::coordinator
