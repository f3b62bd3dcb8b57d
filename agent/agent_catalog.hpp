#pragma once

#include "agent/options.hpp"
#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// The definitions that this agent goes by. Errors: not_found, io, bad_input.
Result<catalog::Catalog> load_catalog(const AgentOptions& options);

/// Finds their programs on this host. `clock` must outlive it.
catalog::SubjectFinder make_subject_finder(const AgentOptions& options, const Clock& clock);

}  // namespace ocibench::agent
