#pragma once

#include <chrono>

#include "agent/process/process_runner.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// The time that the untimed phases of a trial may take together. Running while a phase is, it says
/// when to give up: when the allowance is used, or the trial is cancelled.
class TimeBudget {
 public:
  TimeBudget(const Clock& clock, const Cancellation& cancellation,
             std::chrono::nanoseconds allowance);

  /// Starts to charge. Requires: not running.
  void begin();
  /// Stops charging and returns what has been charged since begin(). Requires: running.
  std::chrono::nanoseconds end();

  /// From any thread. Errors: conflict (cancelled), timeout.
  [[nodiscard]] Result<void> check() const;

 private:
  [[nodiscard]] std::chrono::nanoseconds used() const;

  const Clock& clock_;
  const Cancellation& cancellation_;
  const std::chrono::nanoseconds allowance_;
  std::chrono::nanoseconds charged_{0};
  MonoTime begun_{};
  bool running_ = false;
};

}  // namespace ocibench::agent
