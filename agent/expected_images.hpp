#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/trial_context.hpp"
#include "agent/verification.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// The namespace of a place, where the run's own is `prefix`.
std::string prefix_at(const std::string& prefix, Place place);

/// What must be at the target before and after the timed run of an iteration.
struct ExpectedImages {
  std::vector<ExpectedImage> before;  ///< empty without an untimed run
  std::vector<ExpectedImage> after;
};

/// As expected_states(), in the repositories of this iteration. Nothing for a calibration tool.
/// Errors: those of catalog::place_images().
Result<ExpectedImages> expected_images(const TrialContext& trial, std::uint32_t index);

/// Everything that the tool's runs of an iteration may push below `prefix`. Errors: as above.
Result<std::vector<ExpectedImage>> all_destinations(const TrialContext& trial,
                                                    const std::string& prefix);

}  // namespace ocibench::agent
