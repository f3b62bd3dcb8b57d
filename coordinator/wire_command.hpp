#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"
#include "coordinator/plan_command.hpp"

namespace ocibench::coordinator {

/// A campaign that only observes one tool, planned. Errors: not_found with the nearest name,
/// bad_input (a calibration tool says nothing), those of plan_campaign().
Result<PreparedCampaign> prepare_wire(const WireOptions& options);

/// `ocibench wire`: has one tool do its work once on this machine and prints what it said to the
/// registries. Nothing is kept. Ends with `incomplete` when the tool did not do its work.
Result<ExitCode> wire_command(const WireOptions& options);

}  // namespace ocibench::coordinator
