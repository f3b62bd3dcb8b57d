#pragma once

#include <chrono>
#include <cstdint>

#include "agent/process/process_runner.hpp"
#include "common/clock.hpp"
#include "common/model/assignment.hpp"
#include "common/model/phase.hpp"
#include "common/model/record.hpp"
#include "protocol/frame_cost.hpp"

namespace ocibench::agent {

/// Our own traffic with the coordinator, as the interface that carries it counts it.
struct ControlTraffic {
  protocol::Link link = protocol::Link::ethernet;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
};

/// What came of waiting at the start.
struct StartSignal {
  MonoTime at{};               ///< begin then
  std::uint32_t together = 1;  ///< so many trials begin then; 0: nobody gave a sign
  std::uint32_t of = 1;        ///< of these in the round
};

/// Where a trial tells what happens. Called from the trial's thread only.
class TrialReporter {
 public:
  TrialReporter() = default;
  TrialReporter(const TrialReporter&) = delete;
  TrialReporter& operator=(const TrialReporter&) = delete;
  virtual ~TrialReporter() = default;

  /// Returns when the record is in the spool (committed). Errors: io (the spool's disk is full).
  virtual Result<void> record(const AgentRecord& record) = 0;

  /// For people only: what is going on now. `iteration` is 0 outside iterations.
  virtual void status(Phase phase, std::uint32_t iteration) = 0;

  /// Before a measured window: lets uploads drain (bounded), then holds them back until resume().
  virtual void quiet() = 0;
  virtual void resume() = 0;

  /// Where runs start together: everything is ready for the iteration of the last status(). Returns
  /// when the coordinator has said when to begin, the trial is cancelled or `patience` is over.
  virtual StartSignal await_start(std::chrono::milliseconds patience) = 0;

  /// So far.
  [[nodiscard]] virtual ControlTraffic control_traffic() const = 0;
};

/// Carries out one assignment from setup to teardown. Whatever happens it ends with exactly one
/// TrialFinished record, unless the reporter itself fails.
class TrialRunner {
 public:
  TrialRunner() = default;
  TrialRunner(const TrialRunner&) = delete;
  TrialRunner& operator=(const TrialRunner&) = delete;
  virtual ~TrialRunner() = default;

  /// Errors: only those of the reporter; all else becomes an outcome.
  virtual Result<void> run(const Assignment& assignment, TrialReporter& reporter,
                           const Cancellation& cancellation) = 0;
};

}  // namespace ocibench::agent
