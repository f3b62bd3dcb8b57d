#include "agent/trial_iteration.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/artifacts.hpp"
#include "agent/judge.hpp"
#include "agent/measured_run.hpp"
#include "agent/prepared_run.hpp"
#include "agent/run_target.hpp"
#include "common/host_name.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

/// What was measured, as it is told.
Iteration describe_run(std::uint32_t index, MeasuredRun run) {
  Iteration iteration{.index = index,
                      .started_at = run.report.started_at,
                      .wall = run.report.wall,
                      .exit_code = run.report.exit_code,
                      .signal = run.report.signal,
                      .network = std::move(run.window.network),
                      .resources = std::move(run.window.resources),
                      .validity = run.window.validity,
                      .sampler = run.window.cost,
                      .last_log_lines = std::move(run.report.last_stderr_lines),
                      .marks = std::move(run.window.marks)};
  if (run.report.leftover_processes > 0) {
    iteration.marks.push_back(fmt::format("{} processes outlived the tool and were killed",
                                          run.report.leftover_processes));
  }
  return iteration;
}

std::vector<std::filesystem::path> artifacts_of(const PreparedRun& run,
                                                const WindowReport& window) {
  std::vector<std::filesystem::path> files = window.artifacts;
  files.push_back(run.command.stderr_log);
  files.push_back(run.command.stdout_log);
  return files;
}

Iteration measure_and_verify(TrialContext& trial, std::uint32_t index, const PreparedRun& run) {
  const bool local = is_loopback(run.target->endpoint().host);
  Result<MeasuredRun> measured =
      measure(trial, index, run.command,
              {.interface = local ? "lo" : trial.settings.default_interface,
               .artifact_directory = run.artifacts()});
  if (!measured) {
    return {.index = index,
            .outcome = {.kind = OutcomeKind::invalid, .cause = measured.error().message}};
  }
  TargetFindings findings;
  if (measured->report.ending != Ending::cancelled) {
    // A failed check is judged below, from the findings.
    static_cast<void>(
        run_untimed(trial, Phase::verify, index, [&] { return verify_run(trial, run, findings); }));
  }
  Outcome outcome = judge(*trial.tool, measured->report, findings);
  if (trial.cancellation.requested() && outcome.kind == OutcomeKind::invalid) {
    outcome = {.kind = OutcomeKind::not_run, .cause = "interrupted before its work was proven"};
  }
  std::vector<std::string> marks =
      upload_artifacts(artifacts_of(run, measured->window), index, trial.log);
  Iteration iteration = describe_run(index, std::move(*measured));
  iteration.outcome = std::move(outcome);
  iteration.verification = std::move(findings.verification);
  std::ranges::move(marks, std::back_inserter(iteration.marks));
  if (iteration.outcome.kind == OutcomeKind::complete) {
    iteration.last_log_lines.clear();
  }
  return iteration;
}

}  // namespace

void run_iteration(TrialContext& trial, std::uint32_t index) {
  PreparedRun run;
  const Result<void> populated = run_untimed(trial, Phase::populate, index, [&] {
    return start_target(trial, index, run).and_then([&] { return populate(trial, index, run); });
  });
  Iteration iteration{.index = index};
  if (!populated) {
    iteration.outcome = {.kind = OutcomeKind::not_run, .cause = populated.error().message};
  } else if (const Outcome* obstacle = run.obstacle()) {
    iteration.outcome = *obstacle;
  } else {
    // At once: the target has just been proven to lack what the tool is to bring.
    iteration = measure_and_verify(trial, index, run);
  }
  std::ranges::move(upload_artifacts(run.untimed_logs, index, trial.log),
                    std::back_inserter(iteration.marks));
  std::ranges::move(run.marks, std::back_inserter(iteration.marks));
  trial.log.write(IterationFinished{.id = trial.log.id(), .iteration = std::move(iteration)});
  release_target(trial, index, run);
  std::error_code ignored;  // the trial's directory goes with all that is left in it
  std::filesystem::remove_all(run.directory, ignored);
}

}  // namespace ocibench::agent
