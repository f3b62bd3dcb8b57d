#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench fleet up|status|down`. valid when done; incomplete when something is left after
/// `down`. Errors: what Terraform could not do (unavailable), bad_input, not_found, conflict, io.
Result<ExitCode> fleet_command(const FleetOptions& options);

}  // namespace ocibench::coordinator
