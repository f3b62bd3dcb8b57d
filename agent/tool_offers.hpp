#pragma once

#include <string>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "protocol/messages.hpp"

namespace ocibench::agent {

/// What of the catalog can be run here, for Hello.
std::vector<protocol::ToolOffer> probe_catalog(const catalog::Catalog& catalog,
                                               const catalog::SubjectFinder& finder);

/// All when `names` is empty; else only these stay usable, and the others say why they are not.
std::vector<protocol::ToolOffer> offered(std::vector<protocol::ToolOffer> tools,
                                         const std::vector<std::string>& names);

}  // namespace ocibench::agent
