#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "agent/content_access.hpp"
#include "agent/observe/request_recorder.hpp"
#include "agent/process/process_runner.hpp"
#include "agent/sampling/sampler.hpp"
#include "agent/target/remote_registry.hpp"
#include "agent/target/target_registry.hpp"
#include "agent/trial_runner.hpp"
#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/model/subject.hpp"

namespace ocibench::agent {

using SamplerFactory = std::function<std::unique_ptr<Sampler>(SamplingPlan plan)>;

/// What a trial works with.
struct TrialParts {
  const Clock& clock;
  const catalog::Catalog& catalog;
  const catalog::SubjectFinder& subjects;
  ProcessRunner& runner;
  SamplerFactory make_sampler;
  TargetRegistry& registries;
  RemoteRegistries& remotes;
  ContentAccess& content;
  RequestRecorder& recorder;
};

struct TrialSettings {
  std::filesystem::path work_directory;  ///< exists; a directory per trial is made in it
  std::string default_interface;         ///< measured when the target is not on this host
  Environment environment;               ///< as it was found when the agent started
  std::filesystem::path home;            ///< of the user; records name it "~". Empty: none
};

/// Measures a sync tool (or a calibration tool) between two registries.
///
/// The phases come in one order: setup, prewarm, then populate, measure and verify for each
/// iteration, then teardown. Each iteration has a fresh target registry, fresh storage and fresh
/// directories. A tool that fails does not keep the next iteration from running; a setup or prewarm
/// that fails ends the trial, as do cancellation and an overhead_timeout that is used up.
/// TrialFinished says `complete` when all iterations ran, else `not_run` with the cause.
///
/// A trial that only observes has one untimed run in place of its iterations; see observe().
class SyncTrial final : public TrialRunner {
 public:
  SyncTrial(TrialParts parts, TrialSettings settings);

  Result<void> run(const Assignment& assignment, TrialReporter& reporter,
                   const Cancellation& cancellation) override;

 private:
  const TrialParts parts_;
  const TrialSettings settings_;
};

}  // namespace ocibench::agent
