#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "coordinator/fleet/fleet_view.hpp"

namespace ocibench::coordinator {

/// What machines made themselves, so that Terraform never had it in its state.
struct Leftovers {
  std::size_t keys_removed = 0;           ///< public keys that this run's machines had published
  std::vector<std::string> repositories;  ///< in ECR, below the fleet's prefix, by name
};

/// Removes the keys, which are of this run alone, and looks for repositories, which may also be of
/// a campaign that runs now. Requires: the fleet's machines are gone. Errors: those of
/// aws::Service::send.
Result<Leftovers> clear_leftovers(const FleetView& fleet, const Clock& clock);

/// For people.
std::string leftovers_text(const FleetView& fleet, const Leftovers& left);

}  // namespace ocibench::coordinator
