#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/process/process_runner.hpp"
#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// What was seen in one measured window.
struct WindowReport {
  std::optional<NetworkUse> network;  ///< control_bytes still 0: the session knows those
  ResourceUse resources;
  ValidityCounters validity;
  SamplerCost cost;
  std::vector<std::filesystem::path> artifacts;  ///< samples.csv, pidstat.log
  std::vector<std::string> marks;                ///< reasons to look twice, for Iteration::marks
};

struct SamplingPlan {
  std::string interface;                     ///< "lo" or the default-route interface
  std::filesystem::path artifact_directory;  ///< exists; files are written into it
};

/// Observes one run. Start a new object for each iteration.
class Sampler : public WindowObserver {
 public:
  /// After closed(). Waits for pidstat to end and computes the summaries.
  virtual WindowReport finish() = 0;
};

}  // namespace ocibench::agent
