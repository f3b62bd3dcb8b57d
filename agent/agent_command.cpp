#include "agent/agent_command.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/agent_loop.hpp"
#include "agent/content_access.hpp"
#include "agent/environment.hpp"
#include "agent/observe/nginx_recorder.hpp"
#include "agent/process/linux_process_runner.hpp"
#include "agent/sampling/host_sampler.hpp"
#include "agent/sampling/net_dev.hpp"
#include "agent/sync_trial.hpp"
#include "agent/target/ecr_registry.hpp"
#include "agent/target/local_registry.hpp"
#include "agent/target/remote_by_kind.hpp"
#include "agent/target/world_registry.hpp"
#include "agent/tool_offers.hpp"
#include "common/catalog/catalog.hpp"
#include "common/catalog/data_directory.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/durable/record_log.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "common/process/probe.hpp"
#include "common/version.hpp"
#include "protocol/zmq_transport.hpp"

namespace ocibench::agent {
namespace {

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

/// What must exist before anything is read: the state directory, empty of an earlier life's trials.
Result<durable::RecordLog> open_state(const AgentOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.state_directory, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}; choose another --state-dir",
                                           options.state_directory.string(), error.message()));
  }
  auto spool = durable::RecordLog::open(options.state_directory / "spool.sqlite");
  if (!spool) {
    return fail(spool.error(), "opening the spool (is another agent using this --state-dir?)");
  }
  const std::filesystem::path work = options.state_directory / "work";
  std::filesystem::remove_all(work, error);
  std::filesystem::create_directories(work, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}", work.string(), error.message()));
  }
  return spool;
}

Result<catalog::Catalog> load_catalog(const AgentOptions& options) {
  auto data = catalog::find_data_directory(options.data_directory, executable_path());
  if (!data) {
    return tl::unexpected(data.error());
  }
  return catalog::Catalog::load(*data);
}

catalog::ProbeProgram probe_with(const Clock& clock, const std::string& path) {
  return [&clock, path](const std::vector<std::string>& argv) -> Result<std::string> {
    auto answer = capture({.argv = argv, .environment = {{"PATH", path}, {"LC_ALL", "C"}}}, clock);
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    return answer->text;
  };
}

Environment environment_of(const AgentOptions& options, const std::string& interface) {
  return read_environment(
      {.interface = interface,
       .working_directory = options.state_directory / "work",
       .build = {.version = std::string(version()), .git_sha = std::string(git_sha())}});
}

/// Everything a trial works with, in the order in which the parts need each other.
struct Workshop {
  const Clock& clock;
  catalog::Catalog catalog;
  catalog::SubjectFinder subjects;
  LinuxProcessRunner runner;
  std::unique_ptr<LocalRegistry> registries;
  std::unique_ptr<NginxRecorder> recorder;
  RegistryContentAccess content;
  WorldRegistries world;
  EcrRegistries ecr;
  RemoteByKind remotes{world, ecr};

  Workshop(const Clock& the_clock, catalog::Catalog the_catalog, const std::string& path,
           const AgentOptions& options)
      : clock(the_clock),
        catalog(std::move(the_catalog)),
        subjects({.tools_directory = options.tools_directory,
                  .own_directory = executable_path().parent_path(),
                  .path = path},
                 probe_with(the_clock, path)),
        runner(the_clock),
        content({.cache_directory = options.cache_directory,
                 .access = oci::registry_access_from_environment()}),
        world(oci::registry_access_from_environment()),
        ecr(aws::settings_from_environment(), the_clock) {}

  [[nodiscard]] TrialParts parts() {
    return {.clock = clock,
            .catalog = catalog,
            .subjects = subjects,
            .runner = runner,
            .make_sampler =
                [this](SamplingPlan plan) {
                  return std::make_unique<HostSampler>(std::move(plan), clock);
                },
            .registries = *registries,
            .remotes = remotes,
            .content = content,
            .recorder = *recorder};
  }
};

ExitCode exit_code_of(const AgentEnd& end) {
  if (end.refused) {
    log_error(end.reason);
    return ExitCode::incomplete;
  }
  log_info(fmt::format("leaving: {}", end.reason));
  return ExitCode::valid;
}

Result<AgentEnd> serve(const AgentOptions& options, durable::RecordLog& spool, Workshop& workshop,
                       int stop_fd) {
  // A host without a default route can still measure between registries of its own.
  const std::string interface = read_default_route_interface("/proc").value_or("lo");
  const Environment environment = environment_of(options, interface);
  SyncTrial trials(workshop.parts(), {.work_directory = options.state_directory / "work",
                                      .default_interface = interface,
                                      .environment = environment});
  protocol::ZmqContext context;
  auto client = protocol::ZmqClient::connect(context, options.connect, AgentName(options.name));
  if (!client) {
    return tl::unexpected(client.error());
  }
  auto loop = AgentLoop::create({.name = AgentName(options.name),
                                 .boot = BootId(random_hex()),
                                 .tools = probe_catalog(workshop.catalog, workshop.subjects),
                                 .environment = environment,
                                 .orphan_after = options.orphan_after},
                                {.clock = workshop.clock,
                                 .transport = **client,
                                 .spool = spool,
                                 .trials = trials,
                                 .stop_fd = stop_fd});
  if (!loop) {
    return tl::unexpected(loop.error());
  }
  log_info(fmt::format("agent {} looks for the coordinator at {}", options.name, options.connect));
  auto end = (*loop)->run();
  if (end && end->trial_stuck) {
    log_error("the trial did not stop in time; leaving without it");
    ::_exit(static_cast<int>(ExitCode::internal));
  }
  return end;
}

}  // namespace

Result<ExitCode> agent_command(const AgentOptions& options) {
  auto stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  auto catalog = load_catalog(options);
  if (!catalog) {
    return tl::unexpected(catalog.error());
  }
  auto spool = open_state(options);
  if (!spool) {
    return tl::unexpected(spool.error());
  }
  const SystemClock clock;
  Workshop workshop(clock, std::move(*catalog), environment_variable("PATH").value_or(kDefaultPath),
                    options);
  auto registries =
      LocalRegistry::create(clock, workshop.subjects, options.state_directory / "work");
  if (!registries) {
    return tl::unexpected(registries.error());
  }
  workshop.registries = std::move(*registries);
  workshop.recorder =
      std::make_unique<NginxRecorder>(clock, workshop.subjects, workshop.registries->authority());
  auto end = serve(options, *spool, workshop, stop->get());
  if (!end) {
    return tl::unexpected(end.error());
  }
  return exit_code_of(*end);
}

}  // namespace ocibench::agent
