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
  WallTime ours;      ///< own wall clock at `answered`
};

/// How far a clock is from the coordinator's, and how far that may be wrong.
struct ClockOffset {
  std::chrono::milliseconds offset{0};  ///< positive: the coordinator's clock is ahead
  std::chrono::milliseconds error{0};   ///< half of the way there and back, and the resolution
};

/// The offset by the quickest of the latest exchanges: the less time an answer took, the less it
/// can be wrong. Lines of a log on two machines can be put in order with it; no duration depends on
/// it.
class ClockComparison {
 public:
  static constexpr std::size_t kLatest = 32;
  static constexpr std::chrono::milliseconds kResolution{1};

  void add(const ClockExchange& exchange);
  [[nodiscard]] std::optional<ClockOffset> best() const;

 private:
  std::deque<ClockExchange> latest_;
};

}  // namespace ocibench::agent
