#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "common/clock.hpp"

namespace ocibench::agent {

/// One question to the coordinator and its answer: RFC 5905 (NTP), section 8, with one time stamp
/// at the other side instead of two, since it answers at once.
struct ClockExchange {
  MonoTime asked;     ///< own monotonic clock
  MonoTime answered;  ///< own monotonic clock
  WallTime theirs;    ///< the coordinator's wall clock when it answered
};

/// How far a clock is from the coordinator's, and how far that may be wrong.
struct ClockOffset {
  std::chrono::milliseconds offset{0};  ///< positive: the coordinator's clock is ahead
  std::chrono::milliseconds error{0};   ///< half of the way there and back, and the resolution
};

/// Where the coordinator's wall clock lies on the own monotonic one, by the quickest of the latest
/// exchanges: the less time an answer took, the less it can be wrong. The own wall clock has no
/// part in it, so that it may be set at any time. When the coordinator's is set, the next answer
/// contradicts the older ones, and those are dropped.
///
/// Lines of a log on two machines can be put in order with it, and runs begin together by it; no
/// duration depends on it.
class ClockComparison {
 public:
  static constexpr std::size_t kLatest = 32;
  static constexpr std::chrono::milliseconds kResolution{1};
  /// How far two clocks that nobody sets may come apart in a second: Linux slews by up to 500 ppm
  /// (adjtimex(2)), on both sides.
  static constexpr std::chrono::nanoseconds kDriftPerSecond = std::chrono::microseconds{1000};

  void add(const ClockExchange& exchange);

  /// The coordinator's wall clock minus an own one that shows `own_wall` at `own`.
  [[nodiscard]] std::optional<ClockOffset> best(MonoTime own, WallTime own_wall) const;
  /// The moment at which the coordinator's clock shows `theirs`.
  [[nodiscard]] std::optional<MonoTime> own_time_of(WallTime theirs) const;

 private:
  [[nodiscard]] const ClockExchange* quickest() const;

  std::deque<ClockExchange> latest_;  // none contradicts the newest
};

}  // namespace ocibench::agent
