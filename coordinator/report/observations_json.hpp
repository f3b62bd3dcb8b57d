#pragma once

#include "common/json.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/observations.hpp"

namespace ocibench::coordinator {

/// One entry of `observations[]`, docs/reference/results-schema.md.
Json observation_json(const ObservationRow& row);

/// The block `observations` of summary.json: an entry per trial of kind observe.
Json observations_json(const Analysis& analysis);

}  // namespace ocibench::coordinator
