#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// What moved on the host between the edges of a window.
struct HostMoves {
  std::chrono::nanoseconds window{0};
  ValidityCounters counters;
  std::optional<std::uint64_t> tcp_sent_segments;  ///< without those sent again
  std::optional<std::uint64_t> packets;            ///< of the interface, both ways
};

/// A sentence for each that moved by more than its limit in common/model/mark_limits.hpp. Packets
/// over the network allowance of an EC2 instance have none: the counter stands still on an
/// instance that keeps to what it was rented with.
std::vector<std::string> marks_of(const HostMoves& moved);

}  // namespace ocibench::agent
