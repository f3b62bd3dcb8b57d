#pragma once

#include "common/json.hpp"
#include "coordinator/report/iteration_rows.hpp"

namespace ocibench::coordinator {

/// One member of summary.json's "iterations".
Json iteration_json(const IterationRow& row);

}  // namespace ocibench::coordinator
