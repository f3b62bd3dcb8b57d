#include "agent/observed_run.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/artifacts.hpp"
#include "agent/observe/tally.hpp"
#include "agent/prepared_run.hpp"
#include "agent/run_target.hpp"
#include "common/units.hpp"
#include "protocol/validate.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint32_t kNoIteration = 0;  // as it is told
constexpr std::uint32_t kRunIndex = 1;     // as the first of a timed trial would be

/// A run and what records it. The recorder goes before the registries that it stands for.
struct ObservedRun {
  PreparedRun run;
  std::unique_ptr<Recording> recording;
};

/// From here on the tool finds the registries behind the recorder.
Result<void> start_recording(TrialContext& trial, ObservedRun& observed) {
  const std::filesystem::path directory = observed.run.directory / "recorder";
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", directory.string(), error.message()));
  }
  auto recording = trial.parts.recorder.start({.source = trial.source,
                                               .target = observed.run.target->endpoint(),
                                               .tls = trial.assignment.registry.tls,
                                               .directory = directory},
                                              trial.cancellation);
  if (!recording) {
    return tl::unexpected(std::move(recording.error()));
  }
  observed.recording = *std::move(recording);
  observed.run.source_host = observed.recording->source_host();
  observed.run.target_host = observed.recording->target_host();
  return {};
}

Result<std::string> prepare(TrialContext& trial, ObservedRun& observed) {
  return start_target(trial, kRunIndex, observed.run)
      .and_then([&] { return start_recording(trial, observed); })
      .and_then([&] { return populate(trial, kRunIndex, observed.run); });
}

/// What the tool did, and what it said meanwhile.
struct Findings {
  ProcessReport report;
  WireObservation observation;
};

/// Of all names in an observation: with the counts they fit a record.
constexpr std::size_t kMaxObservedNameBytes = 4 * kMiB;

/// A tool may make up names without end.
Result<void> check_size(const WireObservation& seen) {
  std::size_t bytes = 0;
  for (const ImageCompletion& image : seen.images) {
    bytes += image.repository.size() + image.tag.size();
  }
  for (const std::string& user_agent : seen.user_agents) {
    bytes += user_agent.size();
  }
  const std::size_t names = std::max(seen.images.size(), seen.user_agents.size());
  if (bytes <= kMaxObservedNameBytes && names <= protocol::kMaxListElements) {
    return {};
  }
  return fail(ErrorCode::limit,
              fmt::format("the tool named {} images and {} user agents, {} in "
                          "all: more than can be recorded",
                          seen.images.size(), seen.user_agents.size(), format_bytes(bytes)));
}

Result<std::string> run_tool(TrialContext& trial, const ObservedRun& observed, Findings& findings) {
  if (auto begun = observed.recording->begin(); !begun) {
    return tl::unexpected(std::move(begun.error()));
  }
  Result<ProcessReport> report = run_unwatched(trial, observed.run.command);
  if (!report) {
    return tl::unexpected(std::move(report.error()));
  }
  const Result<RecordedRequests> requests = observed.recording->end();
  if (!requests) {
    return tl::unexpected(requests.error());
  }
  findings.report = *std::move(report);
  findings.observation = tally(*requests, findings.report.started_at);
  if (Result<void> fits = check_size(findings.observation); !fits) {
    return tl::unexpected(std::move(fits.error()));
  }
  return fmt::format("not timed; tool started at {}, {} requests to the source, {} to the target",
                     format_rfc3339(findings.report.started_at), requests->source.size(),
                     requests->target.size());
}

void upload(TrialContext& trial, const ObservedRun& observed) {
  std::vector<std::filesystem::path> files = observed.run.untimed_logs;
  if (observed.recording) {
    std::ranges::move(observed.recording->logs(), std::back_inserter(files));
  }
  files.push_back(observed.run.command.stderr_log);
  files.push_back(observed.run.command.stdout_log);
  // An iteration would be marked where one was cut; here the artefact itself shows it.
  static_cast<void>(upload_artifacts(files, kNoIteration, trial.log));
}

/// Told when the run is over; the outcome is the trial's.
Outcome conclude(TrialContext& trial, Outcome of_the_tool, WireObservation observation) {
  trial.log.write(WireObserved{.id = trial.log.id(),
                               .outcome = std::move(of_the_tool),
                               .observation = std::move(observation)});
  return {.kind = OutcomeKind::complete};
}

Outcome run_and_prove(TrialContext& trial, const ObservedRun& observed) {
  Findings findings;
  const Result<void> ran = run_untimed(trial, Phase::measure, kNoIteration,
                                       [&] { return run_tool(trial, observed, findings); });
  if (!ran) {
    return not_run(ran.error().message);
  }
  TargetFindings target;
  if (!trial.cancellation.requested()) {
    // A failed check is judged below, from the findings.
    static_cast<void>(run_untimed(trial, Phase::verify, kNoIteration,
                                  [&] { return verify_run(trial, observed.run, target); }));
  }
  if (trial.cancellation.requested()) {
    return not_run("interrupted");
  }
  return conclude(trial, judge(*trial.tool, findings.report, target),
                  std::move(findings.observation));
}

}  // namespace

Outcome observe(TrialContext& trial) {
  ObservedRun observed;
  const Result<void> prepared =
      run_untimed(trial, Phase::populate, kNoIteration, [&] { return prepare(trial, observed); });
  Outcome outcome;
  if (!prepared) {
    outcome = not_run(prepared.error().message);
  } else if (const Outcome* obstacle = observed.run.obstacle()) {
    outcome = conclude(trial, *obstacle, {});
  } else {
    outcome = run_and_prove(trial, observed);
  }
  upload(trial, observed);
  return outcome;
}

}  // namespace ocibench::agent
