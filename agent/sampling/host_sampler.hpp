#pragma once

#include <filesystem>
#include <memory>

#include "agent/sampling/pidstat_run.hpp"
#include "agent/sampling/sampler.hpp"
#include "agent/sampling/tree_meter.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

struct HostSamplerOptions {
  HostPaths paths;
  std::filesystem::path pidstat = PidstatRun::kProgram;
};

/// Samples this host: counters at the edges of the window, and between them one tick per second in
/// a thread of its own, which reads kept descriptors into memory reserved before. Beside it runs
/// pidstat. What both cost is in the report.
///
/// Artifacts: samples.csv (all columns but t_s, rss_bytes and processes count from the start of
/// the window; an empty cell is unmeasured; first and last row are its edges) and pidstat.log.
/// On "lo" every byte is both sent and received: count tx only.
class HostSampler final : public Sampler {
 public:
  /// How long prepare() listens to the idle interface.
  static constexpr std::chrono::milliseconds kIdleInterval{200};

  /// `clock` must outlive the sampler.
  HostSampler(SamplingPlan plan, const Clock& clock, HostSamplerOptions options = {});
  ~HostSampler() override;

  void prepare(const ProcessTree& tree) override;
  void opened() override;
  void closed() override;
  /// Requires: closed() has been called.
  WindowReport finish() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocibench::agent
