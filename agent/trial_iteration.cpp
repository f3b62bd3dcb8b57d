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
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxCaFileBytes = 4 * kMiB;
/// Where Debian keeps the certificates that everyone trusts.
constexpr const char* kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

/// What populate leaves for one run. The target stops when it goes.
struct PreparedRun {
  std::filesystem::path directory;
  std::unique_ptr<RegistryInstance> target;
  std::uint64_t files_before = 0;
  std::vector<catalog::PlacedImage> placed;
  Command command;

  [[nodiscard]] std::filesystem::path artifacts() const { return directory / "artifacts"; }
};

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

Result<void> make_directories(const std::filesystem::path& directory) {
  for (const char* const name : {"work", "state", "artifacts"}) {
    std::error_code error;
    std::filesystem::create_directories(directory / name, error);
    if (error) {
      return fail(ErrorCode::io, fmt::format("cannot create {}: {}", (directory / name).string(),
                                             error.message()));
    }
  }
  return {};
}

/// A file by which both registries can be verified. Errors: io, not_found.
Result<std::string> trusted_certificates(const TrialContext& trial, const PreparedRun& run) {
  const std::filesystem::path& own = run.target->endpoint().ca_file;
  if (trial.source_registry || own.empty()) {
    return own.string();
  }
  Result<std::string> system = read_file(kSystemCertificates, kMaxCaFileBytes);
  Result<std::string> ours = read_file(own, kMaxCaFileBytes);
  if (!system || !ours) {
    return tl::unexpected(system ? ours.error() : system.error());
  }
  const std::filesystem::path bundle = run.directory / "certificates.pem";
  return write_file_atomically(bundle, *system + "\n" + *ours).map([&] { return bundle.string(); });
}

Result<void> prepare_command(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  Result<catalog::ToolContext> context = tool_context(trial, index);
  if (!context) {
    return tl::unexpected(std::move(context.error()));
  }
  Result<std::string> ca_file = trusted_certificates(trial, run);
  if (!ca_file) {
    return tl::unexpected(std::move(ca_file.error()));
  }
  context->target = run.target->endpoint().host;
  context->ca_file = std::move(*ca_file);
  context->work_dir = (run.directory / "work").string();
  context->state_dir = (run.directory / "state").string();
  Result<catalog::RenderedCommand> rendered =
      catalog::render_tool(*trial.tool, trial.subject.binary.string(), *context);
  if (!rendered) {
    return tl::unexpected(std::move(rendered.error()));
  }
  for (const auto& [name, text] : rendered->files) {
    if (auto written = write_file_atomically(run.directory / "work" / name, text); !written) {
      return written;
    }
  }
  run.placed = std::move(context->images);
  run.command = {.argv = std::move(rendered->argv),
                 .environment = std::move(rendered->environment),
                 .working_directory = run.directory / "work",
                 .stdout_log = run.artifacts() / "stdout.log.gz",
                 .stderr_log = run.artifacts() / "stderr.log.gz",
                 .deadline = trial.assignment.trial.iteration_timeout,
                 .max_log_bytes = kMaxToolLogBytes,
                 .min_free_bytes = kMinFreeBytes};
  return {};
}

/// The body of the populate phase.
Result<std::string> populate(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  run.directory = trial.directory->path() / fmt::format("i{}", index);
  if (auto made = make_directories(run.directory); !made) {
    return tl::unexpected(std::move(made.error()));
  }
  auto target = start_registry(trial, RegistryRole::target, run.directory / "target");
  if (!target) {
    return tl::unexpected(std::move(target.error()));
  }
  run.target = std::move(*target);
  run.files_before = count_files(run.target->storage_directory());
  if (auto prepared = prepare_command(trial, index, run); !prepared) {
    return tl::unexpected(std::move(prepared.error()));
  }
  const std::string note = fmt::format("fresh {}, empty caches", run.target->identity().label);
  if (trial.source_registry) {
    return note;
  }
  return trial.parts.content.check_lock(trial.source, trial.assignment.lock).map([&] {
    return note + "; every tag at the source is as locked";
  });
}

/// The body of the verify phase.
Result<std::string> verify(TrialContext& trial, const PreparedRun& run, TargetFindings& findings) {
  findings.touched = count_files(run.target->storage_directory()) != run.files_before;
  if (!trial.copies()) {
    return fmt::format("calibration: the target's storage is {}",
                       findings.touched ? "touched" : "untouched");
  }
  Result<Verification> proof = trial.parts.content.verify(
      run.target->endpoint(), trial.assignment.lock, run.placed, trial.budget);
  if (!proof) {
    findings.verification_error = proof.error().message;
    return tl::unexpected(std::move(proof.error()));
  }
  findings.verification = std::move(*proof);
  return fmt::format("{} of {} images found, {} read back and hashed",
                     findings.verification->images_found, findings.verification->images_expected,
                     format_bytes(findings.verification->bytes_proven));
}

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
  const bool local = oci::is_loopback(run.target->endpoint().host);
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
        run_untimed(trial, Phase::verify, index, [&] { return verify(trial, run, findings); }));
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
  const Result<void> populated =
      run_untimed(trial, Phase::populate, index, [&] { return populate(trial, index, run); });
  const Iteration iteration = populated
                                  ? measure_and_verify(trial, index, run)
                                  : Iteration{.index = index,
                                              .outcome = {.kind = OutcomeKind::not_run,
                                                          .cause = populated.error().message}};
  trial.log.write(IterationFinished{.id = trial.log.id(), .iteration = iteration});
  run.target.reset();
  std::error_code ignored;  // the trial's directory goes with all that is left in it
  std::filesystem::remove_all(run.directory, ignored);
}

}  // namespace ocibench::agent
