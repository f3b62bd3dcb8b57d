#include "coordinator/dispatch/record_allowance.hpp"

#include <algorithm>

namespace ocibench::coordinator {
namespace {

/// An iteration uploads twice: what ran before it untimed, and what was measured.
constexpr std::uint64_t kUploadsPerIteration = 2;

}  // namespace

std::uint64_t record_budget_bytes(const Trial& trial) {
  const std::uint64_t runs = std::max(trial.iterations, 1U);  // one that only observes runs once
  return kAttemptRecordBytes +
         runs * (kUploadsPerIteration * kMaxArtifactBytes + kIterationRecordBytes);
}

void RecordAllowance::give(const AttemptId& attempt, const AgentName& agent, const BootId& boot,
                           std::uint64_t budget_bytes) {
  attempts_[attempt] = {agent, boot, budget_bytes};
  processes_.emplace(agent, boot);
}

bool RecordAllowance::knows(const AgentName& agent, const BootId& boot) const {
  return processes_.contains({agent, boot});
}

RecordAllowance::Answer RecordAllowance::take(const AttemptId& attempt, const AgentName& agent,
                                              const BootId& boot, std::size_t payload_bytes) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end() || found->second.agent != agent || found->second.boot != boot) {
    return Answer::never_given;
  }
  const std::uint64_t cost = payload_bytes + kBytesAroundRecord;
  if (cost > found->second.left_bytes) {
    return Answer::used_up;
  }
  found->second.left_bytes -= cost;
  return Answer::taken;
}

}  // namespace ocibench::coordinator
