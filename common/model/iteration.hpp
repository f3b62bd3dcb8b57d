#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/model/outcome.hpp"

namespace ocibench {

/// Summary of a series sampled at 1 Hz. Absent where no sample was taken (a run under a second).
struct Spread {
  double p50 = 0;
  double p95 = 0;
  double max = 0;

  friend bool operator==(const Spread&, const Spread&) = default;
};

/// Bytes on one interface over the measured window, from /proc/net/dev.
struct NetworkUse {
  std::string interface;  ///< "ens5", or "lo" for a run between local registries
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t control_bytes = 0;            ///< our own control traffic on it, already subtracted
  std::optional<double> idle_tx_bytes_per_s;  ///< rate of the interface just before the window
  std::uint64_t rx_dropped = 0;
  std::uint64_t tx_dropped = 0;

  friend bool operator==(const NetworkUse&, const NetworkUse&) = default;
};

/// CPU and memory of the tool's whole process tree.
struct ResourceUse {
  std::string source;  ///< "cgroup2", "cgroup2+cgroup1", or "proc" (the process tree, sampled)
  std::optional<std::uint64_t> cpu_user_us;
  std::optional<std::uint64_t> cpu_system_us;
  std::optional<std::uint64_t> memory_peak_bytes;
  std::optional<Spread> cpu_percent;          ///< 100 = one core, whole tree, 1 s steps
  std::optional<Spread> rss_bytes;            ///< whole tree
  std::optional<Spread> pidstat_cpu_percent;  ///< from pidstat's rows, summed over the tree
  std::optional<Spread> pidstat_rss_bytes;

  friend bool operator==(const ResourceUse&, const ResourceUse&) = default;
};

/// Counters of the host over the window. One that moved marks the iteration; it is never averaged
/// away.
struct ValidityCounters {
  std::optional<std::uint64_t> steal_us;
  std::optional<std::uint64_t> psi_cpu_some_us;
  std::optional<std::uint64_t> psi_io_some_us;
  std::optional<std::uint64_t> psi_memory_some_us;
  std::optional<std::uint64_t> tcp_retransmitted_segments;
  std::optional<std::uint64_t> nic_dropped_packets;
  std::optional<std::uint64_t>
      ena_allowance_exceeded;            ///< sum of the *_allowance_exceeded counters
  std::optional<double> clock_offset_s;  ///< from chrony, where it runs

  friend bool operator==(const ValidityCounters&, const ValidityCounters&) = default;
};

/// What the sampler itself cost.
struct SamplerCost {
  std::uint64_t ticks = 0;
  std::uint64_t missed_ticks = 0;
  std::uint64_t cpu_us = 0;  ///< our sampling thread and pidstat together

  friend bool operator==(const SamplerCost&, const SamplerCost&) = default;
};

/// Digest-level proof of what is at the target after the run.
struct Verification {
  std::uint32_t images_expected = 0;
  std::uint32_t images_found = 0;  ///< with their whole closure
  std::uint32_t manifests_expected = 0;
  std::uint32_t manifests_found = 0;
  std::uint32_t blobs_expected = 0;  ///< per repository
  std::uint32_t blobs_found = 0;
  std::uint64_t bytes_proven = 0;    ///< read back and hashed
  std::vector<std::string> missing;  ///< the first kMaxMissingNamed of them: "repo@digest: why"
  /// Of the canonical list of what was found: 64 lower-case hexadecimal digits. Empty where it is
  /// not known, as in records of format 5.
  std::string content_sha256;

  static constexpr std::size_t kMaxMissingNamed = 20;

  friend bool operator==(const Verification&, const Verification&) = default;
};

/// One timed run of the tool and everything known about it. Unmeasured is nullopt, never 0.
struct Iteration {
  std::uint32_t index = 1;  ///< 1-based
  Outcome outcome;
  WallTime started_at{};
  std::optional<std::chrono::nanoseconds> wall;  ///< spawn to exit of the whole tree
  std::optional<std::int32_t> exit_code;
  std::optional<std::int32_t> signal;
  std::optional<NetworkUse> network;
  std::optional<ResourceUse> resources;
  std::optional<ValidityCounters> validity;
  std::optional<SamplerCost> sampler;
  std::optional<Verification> verification;
  std::vector<std::string> last_log_lines;  ///< of stderr, when it did not end well
  std::vector<std::string> marks;           ///< "steal 3.1 %": reasons to look twice

  friend bool operator==(const Iteration&, const Iteration&) = default;
};

}  // namespace ocibench
