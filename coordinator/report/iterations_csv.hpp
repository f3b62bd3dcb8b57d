#pragma once

#include <string>

#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

/// iterations.csv: RFC 4180 (CRLF, quotes where needed), a header, one record per row of
/// iteration_rows(). An empty field is unmeasured. Columns: docs/reference/results-schema.md.
std::string iterations_csv(const CampaignState& state);

}  // namespace ocibench::coordinator
