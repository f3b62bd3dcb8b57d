#include "agent/tool_command.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/docker_config.hpp"
#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxCaFileBytes = 4 * kMiB;

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  return error ? fail(ErrorCode::io,
                      fmt::format("cannot create {}: {}", directory.string(), error.message()))
               : Result<void>();
}

/// A file by which both registries can be verified. Errors: io, not_found.
Result<std::string> trusted_certificates(const TrialContext& trial, const PreparedRun& run) {
  const std::filesystem::path& source = trial.source.ca_file;
  const std::filesystem::path& target = run.target->endpoint().ca_file;
  if (source == target) {
    return source.empty() && trial.assignment.registry.tls ? kSystemCertificates : source.string();
  }
  std::string all;
  for (const std::filesystem::path& each : {source, target}) {
    Result<std::string> text =
        read_file(each.empty() ? kSystemCertificates : each, kMaxCaFileBytes);
    if (!text) {
      return text;
    }
    all += *text + "\n";
  }
  const std::filesystem::path bundle = run.directory / "certificates.pem";
  return write_file_atomically(bundle, all).map([&] { return bundle.string(); });
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

/// What is executed besides argv[0]: where xargs starts the tool, and what the tool starts.
std::vector<std::filesystem::path> programs_of(const catalog::FoundProgram& subject) {
  std::vector<std::filesystem::path> programs = {subject.binary};
  for (const auto& [name, binary] : subject.needed) {
    programs.push_back(binary);
  }
  return programs;
}

}  // namespace

Result<Command> make_tool_command(const TrialContext& trial, const PreparedRun& run,
                                  const RunPlace& place) {
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
  Command command{.argv = std::move(rendered->argv),
                  .environment = std::move(rendered->environment),
                  .working_directory = work,
                  .stdout_log = run.artifacts() / (place.log + "stdout.log.gz"),
                  .stderr_log = run.artifacts() / (place.log + "stderr.log.gz"),
                  .deadline = trial.assignment.trial.iteration_timeout,
                  .max_log_bytes = kMaxToolLogBytes,
                  .min_free_bytes = kMinFreeBytes,
                  .writable = {work, state},
                  .readable = programs_of(trial.subject)};
  if (!context->ca_file.empty()) {
    command.readable.emplace_back(context->ca_file);
  }
  return command;
}

}  // namespace ocibench::agent
