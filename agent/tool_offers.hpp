#pragma once

#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "protocol/messages.hpp"

namespace ocibench::agent {

/// What of the catalog can be run here, for Hello.
std::vector<protocol::ToolOffer> probe_catalog(const catalog::Catalog& catalog,
                                               const catalog::SubjectFinder& finder);

}  // namespace ocibench::agent
