#include "agent/prepared_run.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/run_target.hpp"
#include "agent/tool_command.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

/// Nobody watches a run that is not measured.
class NoObserver final : public WindowObserver {
 public:
  void prepare(const ProcessTree& /*tree*/) override {}
  void opened() override {}
  void closed() override {}
};

/// The tool's own untimed sync: run.untimed says what it came to.
Result<void> run_untimed_sync(TrialContext& trial, const RunPlace& place, PreparedRun& run) {
  const Result<Command> command = make_tool_command(trial, run, place);
  if (!command) {
    return tl::unexpected(command.error());
  }
  const Result<ProcessReport> report = run_unwatched(trial, *command);
  if (!report) {
    return tl::unexpected(report.error());
  }
  run.untimed_logs = {command->stderr_log, command->stdout_log};
  TargetFindings findings{.touched = true};
  auto proof =
      trial.parts.content.verify(run.target->endpoint(), run.expected.before, trial.budget);
  if (proof) {
    findings.verification = *std::move(proof);
  } else {
    findings.verification_error = proof.error().message;
  }
  run.untimed = judge(*trial.tool, *report, findings);
  if (run.untimed->kind != OutcomeKind::complete) {
    run.untimed->cause = "in the untimed run: " + run.untimed->cause;
    run.untimed->evidence = run.untimed->evidence.empty() ? "" : place.log + run.untimed->evidence;
  }
  return trial.budget.check();
}

/// Lets the source name what it named at first, or what its tags have moved to.
Result<void> point_tags(const TrialContext& trial, const std::vector<ResolvedImage>& images) {
  return images.empty() ? Result<void>() : trial.parts.content.point_tags(trial.source, images);
}

std::string describe(const TrialContext& trial, const PreparedRun& run) {
  std::string note = fmt::format("fresh {}", run.target->identity().label);
  if (const std::string done = run.target->preparation(); !done.empty()) {
    note += fmt::format(" ({})", done);
  }
  if (!run.untimed) {
    return note + ", empty caches";
  }
  note += fmt::format(", populated by the tool itself ({})", to_string(run.untimed->kind));
  if (trial.assignment.steps.tool_state == ToolState::fresh) {
    note += ", empty caches";
  }
  if (!trial.assignment.moved.empty()) {
    note += fmt::format("; {} of {} tags moved at the source", trial.assignment.moved.size(),
                        trial.lock.images.size());
  }
  return note;
}

/// After the untimed run, or without one: the run that counts.
Result<void> prepare_command(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  const ScenarioSteps& steps = trial.assignment.steps;
  const bool again = run.untimed.has_value();
  const Place place = steps.destination == Destination::other ? Place::other : Place::first;
  Result<Command> command =
      make_tool_command(trial, run,
                        {.prefix = prefix_at(run_prefix(trial, index), place),
                         .suffix = again && steps.tool_state == ToolState::fresh ? "-fresh" : ""});
  if (!command) {
    return tl::unexpected(std::move(command.error()));
  }
  run.command = *std::move(command);
  return {};
}

}  // namespace

Result<ProcessReport> run_unwatched(const TrialContext& trial, const Command& command) {
  NoObserver observer;
  Result<ProcessReport> report = trial.parts.runner.run(command, observer, trial.cancellation);
  return report ? std::move(report) : fail(report.error(), "the tool could not be run");
}

std::uint64_t count_files(const std::filesystem::path& directory) {
  std::uint64_t files = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::recursive_directory_iterator();
       entries.increment(error)) {
    if (!entries->is_directory(error)) {
      ++files;
    }
  }
  return files;
}

Result<std::string> populate(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  Result<void> done = expected_images(trial, index).map([&](ExpectedImages images) {
    run.expected = std::move(images);
  });
  if (done) {
    done = point_tags(trial, before_the_move(trial.lock, trial.assignment.moved));
  }
  if (done && trial.assignment.steps.populate == Populate::corpus && trial.copies()) {
    done = run_untimed_sync(trial, {.prefix = run_prefix(trial, index), .log = "populate-"}, run);
  }
  if (done) {
    done = point_tags(trial, trial.assignment.moved);
  }
  if (done) {
    done = prepare_command(trial, index, run);
  }
  if (done && !trial.source_registry) {
    done = trial.parts.content.check_lock(trial.source, trial.lock);
  }
  if (done) {
    done = prove_absence(trial, run);
  }
  if (!done) {
    return tl::unexpected(std::move(done.error()));
  }
  return describe(trial, run) +
         (trial.source_registry ? "" : "; every tag at the source is as locked");
}

Result<std::string> verify_run(TrialContext& trial, const PreparedRun& run,
                               TargetFindings& findings) {
  findings.touched = count_files(run.target->storage_directory()) != run.files_before;
  if (!trial.copies()) {
    return fmt::format("calibration: the target's storage is {}",
                       findings.touched ? "touched" : "untouched");
  }
  Result<Verification> proof =
      trial.parts.content.verify(run.target->endpoint(), run.expected.after, trial.budget);
  if (!proof) {
    findings.verification_error = proof.error().message;
    return tl::unexpected(std::move(proof.error()));
  }
  findings.verification = std::move(*proof);
  return fmt::format("{} of {} images found, {} read back and hashed",
                     findings.verification->images_found, findings.verification->images_expected,
                     format_bytes(findings.verification->bytes_proven));
}

}  // namespace ocibench::agent
