#include "agent/prepared_run.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/docker_config.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxCaFileBytes = 4 * kMiB;
/// Where Debian keeps the certificates that everyone trusts.
constexpr const char* kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

/// Where one run of the tool works and puts things.
struct RunPlace {
  std::string prefix;  ///< namespace at the target
  std::string suffix;  ///< of the directories "work" and "state"; equal: the tool's state is kept
  std::string log;     ///< prefix of the names of its logs
};

/// Nobody watches a run that is not measured.
class NoObserver final : public WindowObserver {
 public:
  void prepare(const ProcessTree& /*tree*/) override {}
  void opened() override {}
  void closed() override {}
};

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  return error ? fail(ErrorCode::io,
                      fmt::format("cannot create {}: {}", directory.string(), error.message()))
               : Result<void>();
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

/// What the two registries want, under the names by which the tool knows them.
std::vector<oci::HostCredentials> credentials_of(const TrialContext& trial,
                                                 const PreparedRun& run) {
  std::vector<oci::HostCredentials> found;
  if (trial.source.credentials) {
    found.push_back({run.source_host, *trial.source.credentials});
  }
  if (const auto& credentials = run.target->endpoint().credentials) {
    found.push_back({run.target_host, *credentials});
  }
  return found;
}

/// They go into a file that only the owner reads and that goes with the trial's directory: never
/// into arguments, into files that are kept with the results, or into logs.
Result<void> hand_over_credentials(const TrialContext& trial, const PreparedRun& run,
                                   const std::filesystem::path& state) {
  const std::vector<oci::HostCredentials> hosts = credentials_of(trial, run);
  if (hosts.empty() || !trial.copies()) {
    return {};
  }
  if (trial.tool->credentials == catalog::CredentialsFrom::nowhere) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} wants credentials, and {} takes them only from places that are "
                            "kept with the results; leave it out of this campaign",
                            hosts.front().host, trial.tool->program.name));
  }
  return write_file_atomically(state / catalog::kCredentialsFile, oci::docker_config_json(hosts),
                               FileReaders::owner);
}

/// The command, its files written; `placed` gets where it puts the images.
Result<Command> make_command(const TrialContext& trial, const PreparedRun& run,
                             const RunPlace& place, std::vector<catalog::PlacedImage>& placed) {
  Result<catalog::ToolContext> context = tool_context(trial, place.prefix);
  Result<std::string> ca_file = trusted_certificates(trial, run);
  if (!context || !ca_file) {
    return tl::unexpected(context ? ca_file.error() : context.error());
  }
  const std::filesystem::path work = run.directory / ("work" + place.suffix);
  const std::filesystem::path state = run.directory / ("state" + place.suffix);
  if (auto made =
          make_directory(work).and_then([&] { return make_directory(state); }).and_then([&] {
            return hand_over_credentials(trial, run, state);
          });
      !made) {
    return tl::unexpected(std::move(made.error()));
  }
  context->source = run.source_host;
  context->target = run.target_host;
  context->ca_file = std::move(*ca_file);
  context->work_dir = work.string();
  context->state_dir = state.string();
  Result<catalog::RenderedCommand> rendered =
      catalog::render_tool(*trial.tool, trial.subject.binary.string(), *context);
  if (!rendered) {
    return tl::unexpected(std::move(rendered.error()));
  }
  for (const auto& [name, text] : rendered->files) {
    if (auto written = write_file_atomically(work / name, text); !written) {
      return tl::unexpected(std::move(written.error()));
    }
  }
  placed = std::move(context->images);
  return Command{.argv = std::move(rendered->argv),
                 .environment = std::move(rendered->environment),
                 .working_directory = work,
                 .stdout_log = run.artifacts() / (place.log + "stdout.log.gz"),
                 .stderr_log = run.artifacts() / (place.log + "stderr.log.gz"),
                 .deadline = trial.assignment.trial.iteration_timeout,
                 .max_log_bytes = kMaxToolLogBytes,
                 .min_free_bytes = kMinFreeBytes};
}

/// Each image of the trial under its tag, where it was put.
std::vector<ExpectedImage> expect_all(const TrialContext& trial,
                                      const std::vector<catalog::PlacedImage>& placed) {
  std::vector<ExpectedImage> expected;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    expected.push_back({trial.lock.images[i], placed[i].destination, Named::by_tag});
  }
  return expected;
}

/// A tool that is left as it ships may copy one platform of each image only.
void expect_what_it_copies(const TrialContext& trial, std::vector<ExpectedImage>& expected) {
  if (trial.assignment.comparability.work == WorkKind::normalised ||
      trial.tool->default_platforms == catalog::Platforms::all) {
    return;
  }
  const std::string platform = host_platform();
  for (ExpectedImage& each : expected) {
    each.image = one_platform(each.image, platform);
  }
}

/// What was there before must not be gone afterwards: a tag may name something new, but what it
/// named stays.
void expect_earlier(const TrialContext& trial, const std::vector<ExpectedImage>& earlier,
                    std::vector<ExpectedImage>& expected) {
  const bool elsewhere = trial.assignment.steps.destination == Destination::other;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (elsewhere) {
      expected.push_back(earlier[i]);
    } else if (expected[i].image.digest != earlier[i].image.digest) {
      expected.push_back({earlier[i].image, earlier[i].repository, Named::by_digest});
    }
  }
}

/// Where tags move, what they named before.
std::vector<ResolvedImage> before_the_move(const TrialContext& trial) {
  std::vector<ResolvedImage> images;
  for (const ResolvedImage& image : trial.lock.images) {
    for (const ResolvedImage& moved : trial.assignment.moved) {
      if (moved.repository == image.repository && moved.tag == image.tag) {
        images.push_back(image);
      }
    }
  }
  return images;
}

/// The tool's own untimed sync: run.untimed says what it came to.
Result<void> run_untimed_sync(TrialContext& trial, const RunPlace& place, PreparedRun& run,
                              std::vector<ExpectedImage>& arrived) {
  std::vector<catalog::PlacedImage> placed;
  Result<Command> command = make_command(trial, run, place, placed);
  if (!command) {
    return tl::unexpected(std::move(command.error()));
  }
  const Result<ProcessReport> report = run_unwatched(trial, *command);
  if (!report) {
    return tl::unexpected(report.error());
  }
  run.untimed_logs = {command->stderr_log, command->stdout_log};
  arrived = expect_all(trial, placed);
  expect_what_it_copies(trial, arrived);
  TargetFindings findings{.touched = true};
  auto proof = trial.parts.content.verify(run.target->endpoint(), arrived, trial.budget);
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
Result<void> prepare_command(TrialContext& trial, std::uint32_t index, PreparedRun& run,
                             const std::vector<ExpectedImage>& arrived) {
  const ScenarioSteps& steps = trial.assignment.steps;
  const bool again = run.untimed.has_value();
  const RunPlace place{.prefix = run_prefix(trial, index) +
                                 (steps.destination == Destination::other ? "-other" : ""),
                       .suffix = again && steps.tool_state == ToolState::fresh ? "-fresh" : ""};
  std::vector<catalog::PlacedImage> placed;
  Result<Command> command = make_command(trial, run, place, placed);
  if (!command) {
    return tl::unexpected(std::move(command.error()));
  }
  run.command = *std::move(command);
  run.expected = expect_all(trial, placed);
  for (ExpectedImage& expected : run.expected) {
    for (const ResolvedImage& moved : trial.assignment.moved) {
      if (moved.repository == expected.image.repository && moved.tag == expected.image.tag) {
        expected.image = moved;
      }
    }
  }
  expect_what_it_copies(trial, run.expected);
  expect_earlier(trial, arrived, run.expected);
  run.files_before = count_files(run.target->storage_directory());
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

Result<void> start_target(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  run.directory = trial.directory->path() / fmt::format("i{}", index);
  if (auto made = make_directory(run.artifacts()); !made) {
    return made;
  }
  auto target = start_registry(trial, RegistryRole::target, run.directory / "target");
  if (!target) {
    return tl::unexpected(std::move(target.error()));
  }
  run.target = std::move(*target);
  run.source_host = trial.source.host;
  run.target_host = run.target->endpoint().host;
  return {};
}

Result<std::string> populate(TrialContext& trial, std::uint32_t index, PreparedRun& run) {
  std::vector<ExpectedImage> arrived;
  Result<void> done = point_tags(trial, before_the_move(trial));
  if (done && trial.assignment.steps.populate == Populate::corpus && trial.copies()) {
    done = run_untimed_sync(trial, {.prefix = run_prefix(trial, index), .log = "populate-"}, run,
                            arrived);
  }
  if (done) {
    done = point_tags(trial, trial.assignment.moved);
  }
  if (done) {
    done = prepare_command(trial, index, run, arrived);
  }
  if (done && !trial.source_registry) {
    done = trial.parts.content.check_lock(trial.source, trial.lock);
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
      trial.parts.content.verify(run.target->endpoint(), run.expected, trial.budget);
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
