#include "agent/tool_offers.hpp"

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

}  // namespace ocibench::agent
