#include "agent/sampling/marks.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "common/model/mark_limits.hpp"

namespace ocibench::agent {
namespace {

using Counter = std::optional<std::uint64_t>;
using std::chrono::duration_cast;
using std::chrono::microseconds;

double share_of(const Counter& part_us, std::chrono::nanoseconds window) {
  const double whole_us = std::chrono::duration<double, std::micro>(window).count();
  return whole_us > 0 ? static_cast<double>(part_us.value_or(0)) / whole_us : 0;
}

/// "packets dropped by the interface: 3 of 120 (2.50 %)"; nothing when it is within the limit.
/// Where the whole is not known nothing is usual.
std::optional<std::string> mark_of_part(std::string_view what, const Counter& part,
                                        const Counter& whole, double limit) {
  if (part.value_or(0) == 0) {
    return std::nullopt;
  }
  if (!whole) {
    return fmt::format("{}: {}", what, *part);
  }
  const double share = static_cast<double>(*part) / static_cast<double>(std::max(*whole, *part));
  return share > limit ? std::optional(fmt::format("{}: {} of {} ({:.2f} %)", what, *part, *whole,
                                                   100 * share))
                       : std::nullopt;
}

}  // namespace

std::vector<std::string> marks_of(const HostMoves& moved) {
  std::vector<std::string> marks;
  const ValidityCounters& counters = moved.counters;
  const auto keep = [&](std::optional<std::string> mark) {
    if (mark) {
      marks.push_back(*std::move(mark));
    }
  };
  const double steal = share_of(counters.steal_us, moved.window);
  if (steal > kMarkedStealShare &&
      microseconds(counters.steal_us.value_or(0)) > duration_cast<microseconds>(kMarkedSteal)) {
    marks.push_back(fmt::format("steal {:.1f} % of a core", 100 * steal));
  }
  const double memory = share_of(counters.psi_memory_some_us, moved.window);
  if (memory > kMarkedMemoryPressureShare) {
    marks.push_back(
        fmt::format("something waited for memory for {:.1f} % of the time", 100 * memory));
  }
  keep(mark_of_part("TCP segments sent again", counters.tcp_retransmitted_segments,
                    moved.tcp_sent_segments, kMarkedResentShare));
  keep(mark_of_part("packets dropped by the interface", counters.nic_dropped_packets, moved.packets,
                    kMarkedDroppedShare));
  keep(mark_of_part("packets over the instance's network allowance",
                    counters.ena_allowance_exceeded, std::nullopt, 0));
  const double offset_s = std::abs(counters.clock_offset_s.value_or(0));
  if (offset_s > std::chrono::duration<double>(kMarkedClockOffset).count()) {
    marks.push_back(fmt::format("the clock was {:.0f} ms off", 1000 * offset_s));
  }
  return marks;
}

}  // namespace ocibench::agent
