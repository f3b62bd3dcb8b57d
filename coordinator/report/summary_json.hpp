#pragma once

#include "common/json.hpp"
#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

inline constexpr int kSummarySchemaVersion = 1;

/// summary.json, schema "ocibench.summary": verdict, findings, aggregates and every raw iteration.
/// Keys end in their SI base unit; unmeasured is null; times are RFC 3339 UTC. Fields:
/// docs/reference/results-schema.md.
Json summary_json(const Analysis& analysis);

}  // namespace ocibench::coordinator
