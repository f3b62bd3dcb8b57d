#include "agent/sync_trial.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "agent/observed_run.hpp"
#include "agent/run_target.hpp"
#include "agent/trial_context.hpp"
#include "agent/trial_iteration.hpp"
#include "agent/trial_setup.hpp"

namespace ocibench::agent {
namespace {

Result<std::string> prewarm_source(TrialContext& trial) {
  if (trial.assignment.trial.kind == TrialKind::observe) {
    return "skipped: nothing is timed";
  }
  const bool untimed_too = trial.assignment.steps.populate == Populate::corpus;
  const PrewarmRequest request = {
      .source = trial.source,
      .lock = trial.lock,
      .runs = trial.copies() ? trial.assignment.trial.iterations * (untimed_too ? 2U : 1U) : 0U};
  return trial.may_go_on()
      .and_then([&] { return trial.parts.content.prewarm(request, trial.budget); })
      .map([](const PrewarmReport& report) { return describe(report); });
}

Result<std::string> tear_down(TrialContext& trial) {
  trial.source_registry.reset();
  trial.directory.reset();
  return "registries stopped, directories removed";
}

Outcome run_iterations(TrialContext& trial) {
  const std::uint32_t wanted = trial.assignment.trial.iterations;
  for (std::uint32_t index = 1; index <= wanted; ++index) {
    if (const Result<void> allowed = trial.may_go_on(); !allowed) {
      return not_run(
          fmt::format("{} after {} of {} iterations", allowed.error().message, index - 1, wanted));
    }
    run_iteration(trial, index);
  }
  return trial.cancellation.requested()
             ? not_run(fmt::format("interrupted in iteration {} of {}", wanted, wanted))
             : Outcome{.kind = OutcomeKind::complete};
}

Outcome run_phases(TrialContext& trial) {
  if (auto done = run_untimed(trial, Phase::setup, 0, [&] { return set_up(trial); }); !done) {
    return not_run(std::move(done.error().message));
  }
  if (trial.assignment.attempt > 1 && trial.remote_target && trial.copies()) {
    // What can't be removed is said in the phase's note, and in the way of nothing.
    static_cast<void>(
        run_untimed(trial, Phase::teardown, 0, [&] { return sweep_lost_attempts(trial); }));
  }
  if (auto done = run_untimed(trial, Phase::prewarm, 0, [&] { return prewarm_source(trial); });
      !done) {
    return not_run(std::move(done.error().message));
  }
  return trial.assignment.trial.kind == TrialKind::observe ? observe(trial) : run_iterations(trial);
}

}  // namespace

SyncTrial::SyncTrial(TrialParts parts, TrialSettings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {}

Result<void> SyncTrial::run(const Assignment& assignment, TrialReporter& reporter,
                            const Cancellation& cancellation) {
  TrialContext trial(parts_, settings_, assignment, reporter, cancellation);
  Outcome outcome = run_phases(trial);
  static_cast<void>(run_untimed(trial, Phase::teardown, 0, [&] { return tear_down(trial); }));
  trial.log.write(TrialFinished{
      .id = trial.log.id(), .at = parts_.clock.wall(), .outcome = std::move(outcome)});
  return trial.log.result();
}

}  // namespace ocibench::agent
