#include "agent/tool_offers.hpp"

#include <algorithm>

namespace ocibench::agent {

std::vector<protocol::ToolOffer> probe_catalog(const catalog::Catalog& catalog,
                                               const catalog::SubjectFinder& finder) {
  std::vector<protocol::ToolOffer> offers;
  for (const auto& [name, tool] : catalog.tools()) {
    const Result<catalog::FoundProgram> found = finder.find(catalog, tool);
    offers.push_back({.name = name,
                      .definition_sha256 = tool.program.definition_sha256,
                      .usable = found.has_value(),
                      .version = found ? found->identity.version : "",
                      .reason = found ? "" : found.error().message});
  }
  return offers;
}

std::vector<protocol::ToolOffer> offered(std::vector<protocol::ToolOffer> tools,
                                         const std::vector<std::string>& names) {
  for (protocol::ToolOffer& tool : tools) {
    if (!names.empty() && std::ranges::find(names, tool.name) == names.end()) {
      tool.usable = false;
      tool.version.clear();
      tool.reason = "this agent was started to run other tools (--offer)";
    }
  }
  return tools;
}

}  // namespace ocibench::agent
