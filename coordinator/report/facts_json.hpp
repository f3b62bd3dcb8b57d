#pragma once

#include "common/json.hpp"
#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

inline constexpr int kFactsSchemaVersion = 1;

/// subjects.json, schema "ocibench.subjects": every binary that was measured, pinned by content.
Json subjects_json(const Analysis& analysis);

/// environment.json, schema "ocibench.environment": facts of every machine that took part.
Json environment_json(const Analysis& analysis);

}  // namespace ocibench::coordinator
