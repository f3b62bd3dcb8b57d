#include "agent/time_budget.hpp"

#include <fmt/format.h>

#include "common/units.hpp"

namespace ocibench::agent {

TimeBudget::TimeBudget(const Clock& clock, const Cancellation& cancellation,
                       std::chrono::nanoseconds allowance)
    : clock_(clock), cancellation_(cancellation), allowance_(allowance) {}

void TimeBudget::begin() {
  OCIBENCH_ASSERT(!running_);
  begun_ = clock_.now();
  running_ = true;
}

std::chrono::nanoseconds TimeBudget::end() {
  OCIBENCH_ASSERT(running_);
  const std::chrono::nanoseconds took = clock_.now() - begun_;
  charged_ += took;
  running_ = false;
  return took;
}

std::chrono::nanoseconds TimeBudget::used() const {
  return running_ ? charged_ + (clock_.now() - begun_) : charged_;
}

Result<void> TimeBudget::check() const {
  if (cancellation_.requested()) {
    return fail(ErrorCode::conflict, "interrupted");
  }
  if (used() >= allowance_) {
    return fail(ErrorCode::timeout,
                fmt::format("the untimed phases took longer than the {} that they may take "
                            "together (overhead_timeout)",
                            format_duration(allowance_)));
  }
  return {};
}

}  // namespace ocibench::agent
