#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/analysis/aggregate.hpp"
#include "coordinator/analysis/planned_proof.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

// Are the bytes on the wire what the work needs? On the loopback interface every byte of a copy is
// sent twice: by the source registry to the tool, and by the tool to the target. A tool may move a
// blob that several repositories share once (and mount it) or once per repository; both are sound,
// so the expectation is a range.

/// Headers of TCP, TLS and HTTP, token and manifest requests.
inline constexpr double kEgressTolerance = 0.02;

enum class EgressFit : std::uint8_t {
  no_expectation,  ///< another scenario or interface, a calibration tool, or nothing measured
  below,           ///< less than the unique bytes need: something was not moved
  once,            ///< every blob once: as the unique bytes need
  between,         ///< some shared blobs once, some per repository
  per_repository,  ///< every blob once per repository
  above,           ///< more than that: something was moved more than once
};

struct EgressCheck {
  EgressFit fit = EgressFit::no_expectation;
  std::uint64_t expected_low_bytes = 0;   ///< 2 x CopiedBytes::least
  std::uint64_t expected_high_bytes = 0;  ///< 2 x CopiedBytes::most
  double ratio_to_low = 0;                ///< median tx_bytes / expected_low_bytes
  double ratio_to_high = 0;
  std::string sentence;  ///< for the report
};

std::string_view to_string(EgressFit fit);

/// `interface` is the one that the tool's iterations were measured on; empty when they differ.
EgressCheck check_egress(const Plan& plan, const Aggregate& aggregate, const CopiedBytes& copied,
                         std::string_view interface);

}  // namespace ocibench::coordinator
