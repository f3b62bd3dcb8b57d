#pragma once

#include <chrono>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "coordinator/fleet/fleet_view.hpp"

namespace ocibench::coordinator {

/// Waits for the agents of a fleet and names each that comes: the first thing that an agent does by
/// itself is to publish its public key. Asks AWS as whoever runs this.
///
/// valid: all came, or one can't see it from here (said as a warning: they come all the same);
/// incomplete: some have not come within `patience`, they are named; interrupted: by a signal.
/// Errors: io (no signals to watch).
Result<ExitCode> wait_for_agents(const FleetView& fleet, std::chrono::seconds patience,
                                 const Clock& clock);

}  // namespace ocibench::coordinator
