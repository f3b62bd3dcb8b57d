#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/process/confinement.hpp"

namespace ocibench {

/// What of a program's output is its answer.
enum class ProbeStreams { out_and_err, out };

/// A short question to a program, like "which version are you?".
struct Probe {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path
  std::map<std::string, std::string> environment;
  std::filesystem::path working_directory = "/";
  std::chrono::milliseconds deadline{10'000};
  std::size_t max_bytes = 64 * 1024;  ///< what comes after is dropped
  ProbeStreams streams = ProbeStreams::out_and_err;
  std::string input;  ///< on its stdin, at most kMaxInputBytes
  Confinement confinement;

  static constexpr std::size_t kMaxInputBytes = 4096;  // what a pipe takes without a reader
};

struct ProbeAnswer {
  std::optional<int> exit_code;  ///< absent: it died of a signal
  std::string text;              ///< its output as it came
};

/// Not for anything measured: no cgroup, its process group is killed at the end.
/// Errors: not_found, unavailable, io, timeout, limit (the input).
Result<ProbeAnswer> capture(const Probe& probe, const Clock& clock);

}  // namespace ocibench
