#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "agent/sampling/net_dev.hpp"
#include "agent/sampling/tree_meter.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// One look at the interface and the tree.
struct Sample {
  MonoTime at{};
  std::optional<InterfaceCounters> network;
  TreeUse use;
};

/// How far a counter has come; nullopt where one is not known, or it was reset in between.
std::optional<std::uint64_t> growth(const std::optional<std::uint64_t>& start,
                                    const std::optional<std::uint64_t>& end);

/// CPU of each step in percent of one core; steps without numbers are left out.
/// Requires: `samples` starts with the edge of the window.
std::vector<double> cpu_percent_steps(const std::vector<Sample>& samples);

/// Resident bytes at each tick: all samples but the first.
std::vector<double> rss_values(const std::vector<Sample>& samples);

/// "t_s,tx_bytes,rx_bytes,cpu_user_us,cpu_system_us,rss_bytes,processes" and a line per sample.
/// Requires: `samples` is not empty. Errors: io.
Result<void> write_samples_csv(const std::filesystem::path& path,
                               const std::vector<Sample>& samples);

}  // namespace ocibench::agent
