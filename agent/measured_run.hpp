#pragma once

#include <memory>

#include "agent/process/process_runner.hpp"
#include "agent/sampling/sampler.hpp"
#include "agent/trial_context.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

struct MeasuredRun {
  ProcessReport report;
  WindowReport window;  ///< our own control traffic is already taken off its network bytes
};

/// The measure phase: uploads are held back, the tool runs, the samplers watch it.
/// Errors: those of ProcessRunner, never the tool's.
Result<MeasuredRun> measure(TrialContext& trial, std::uint32_t iteration, const Command& command,
                            SamplingPlan plan);

/// Takes our own control traffic off what the interface counted, where it carried that traffic. On
/// the loopback interface what either side sends is counted as sent and as received.
NetworkUse without_control_traffic(NetworkUse network, const ControlTraffic& ours);

}  // namespace ocibench::agent
