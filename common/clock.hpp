#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ocibench {

/// CLOCK_MONOTONIC: for every duration, deadline and offset.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
/// UTC wall clock: only to say when something happened, never to measure.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Where time comes from. The shells own a SystemClock; tests and the simulation own a fake.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] WallTime wall() const override;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-21T20:15:00.123Z".
std::string format_rfc3339(WallTime time);
/// The inverse, for UTC ("Z") with or without a fraction of a second, which is cut to milliseconds.
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// For paths and ids: "20261121T201500Z".
std::string format_compact(WallTime time);

}  // namespace ocibench
