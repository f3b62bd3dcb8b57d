#include "agent/agent_command.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/agent_loop.hpp"
#include "agent/content_access.hpp"
#include "agent/environment.hpp"
#include "agent/instance_facts.hpp"
#include "agent/observe/nginx_recorder.hpp"
#include "agent/process/isolation.hpp"
#include "agent/process/linux_process_runner.hpp"
#include "agent/sampling/host_sampler.hpp"
#include "agent/sampling/net_dev.hpp"
#include "agent/service/notify.hpp"
#include "agent/sync_trial.hpp"
#include "agent/target/ecr_registry.hpp"
#include "agent/target/local_registry.hpp"
#include "agent/target/remote_by_kind.hpp"
#include "agent/target/world_registry.hpp"
#include "agent/tool_offers.hpp"
#include "common/aws/settings.hpp"
#include "common/catalog/catalog.hpp"
#include "common/catalog/this_host.hpp"
#include "common/clock.hpp"
#include "common/durable/record_log.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "common/version.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/key_file.hpp"
#include "protocol/zmq_client.hpp"

namespace ocibench::agent {
namespace {

/// Who this agent is.
struct Identity {
  AgentName name;
  protocol::ClientSecurity security;
};

Result<Identity> read_identity(const AgentOptions& options) {
  auto own = protocol::read_key_file(options.key_file);
  if (!own) {
    return fail(own.error(), "--key");
  }
  auto coordinator = protocol::read_public_key_file(options.coordinator_key_file);
  if (!coordinator) {
    return fail(coordinator.error(), "--coordinator-key");
  }
  return Identity{own->name, protocol::ClientSecurity{own->keys, coordinator->key}};
}

/// What this process writes is for its user, and what it remembers for nobody: other programs of
/// the same user may otherwise read its memory, where keys and passwords are.
void keep_to_ourselves() {
  ::umask(S_IRWXG | S_IRWXO);
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// The keys of this agent and those beside it, and where the credentials of its user are.
std::vector<std::filesystem::path> secrets(const AgentOptions& options) {
  std::vector<std::filesystem::path> keys;
  if (const auto home = home_directory()) {
    keys = {*home / ".aws", *home / ".docker"};
  }
  if (const auto docker = environment_variable("DOCKER_CONFIG")) {
    keys.emplace_back(*docker);
  }
  if (options.key_file.empty()) {
    return keys;
  }
  keys.push_back(options.key_file);
  std::error_code error;
  for (const auto& beside : std::filesystem::directory_iterator(
           std::filesystem::absolute(options.key_file).parent_path(), error)) {
    if (beside.path().extension() == ".key") {
      keys.push_back(beside.path());
    }
  }
  return keys;
}

/// What is done about tools, with what they must not see. Requires: the state directory exists.
Isolation isolate_tools(const AgentOptions& options, const Clock& clock) {
  std::vector<std::filesystem::path> hidden = options.hidden;
  hidden.push_back(options.state_directory);
  hidden.push_back(options.cache_directory);
  std::ranges::move(secrets(options), std::back_inserter(hidden));
  Isolation isolation = Isolation::establish(
      {.work_directory = options.state_directory / "work",
       .hidden = std::move(hidden),
       .hidden_beginnings = {std::filesystem::path(kMemoryDirectory) / kStoragePrefix},
       .programs = {options.tools_directory, executable_path().parent_path()}},
      clock);
  if (isolation.description().starts_with(kNotIsolated)) {
    log_warning(fmt::format("tools are {}", isolation.description()));
  } else {
    log_info(fmt::format("tools have {}", isolation.description()));
  }
  return isolation;
}

/// What must exist before anything is read: the state directory, empty of an earlier life's trials.
Result<durable::RecordLog> open_state(const AgentOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.state_directory, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}; choose another --state-dir",
                                           options.state_directory.string(), error.message()));
  }
  const std::filesystem::path spool_file = options.state_directory / "spool.sqlite";
  auto spool = durable::RecordLog::open(spool_file);
  ::chmod(spool_file.c_str(), S_IRUSR | S_IWUSR);  // an earlier version let others read it
  if (!spool) {
    return fail(spool.error(), "opening the spool (is another agent using this --state-dir?)");
  }
  // Tools that run as another user pass through here, and read nothing.
  std::filesystem::permissions(
      options.state_directory,
      std::filesystem::perms::group_exec | std::filesystem::perms::others_exec,
      std::filesystem::perm_options::add, error);
  const std::filesystem::path work = options.state_directory / "work";
  std::filesystem::remove_all(work, error);
  std::filesystem::create_directories(work, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}", work.string(), error.message()));
  }
  return spool;
}

/// What was read here, and what whoever started us knows better. Errors: usage (a fact of both).
Result<Environment> environment_of(const AgentOptions& options, const std::string& interface,
                                   const Isolation& isolation) {
  Environment environment = read_environment(
      {.interface = interface,
       .working_directory = options.state_directory / "work",
       .build = {.version = std::string(version()), .git_sha = std::string(git_sha())},
       .metadata_endpoint = aws::settings_from_environment().metadata_endpoint});
  environment.facts[kIsolationFact] = isolation.description();
  for (const auto& [name, value] : options.facts) {
    if (!environment.facts.emplace(name, value).second) {
      return fail(ErrorCode::usage, fmt::format("--fact {}: the agent reads that itself", name));
    }
  }
  return environment;
}

/// Everything a trial works with, in the order in which the parts need each other.
struct Workshop {
  const Clock& clock;
  const Isolation isolation;
  catalog::Catalog catalog;
  catalog::SubjectFinder subjects;
  LinuxProcessRunner runner;
  std::unique_ptr<LocalRegistry> registries;
  std::unique_ptr<NginxRecorder> recorder;
  RegistryContentAccess content;
  WorldRegistries world;
  EcrRegistries ecr;
  RemoteByKind remotes{world, ecr};

  Workshop(const Clock& the_clock, catalog::Catalog the_catalog, const AgentOptions& options)
      : clock(the_clock),
        isolation(isolate_tools(options, the_clock)),
        catalog(std::move(the_catalog)),
        subjects(catalog::find_programs(options.tools_directory, the_clock,
                                        [this](const std::vector<std::string>& argv) {
                                          return isolation.confine({.argv = argv});
                                        })),
        runner(the_clock, TreeControl::best_available, {}, isolation),
        content({.cache_directory = options.cache_directory,
                 .access = oci::registry_access_from_environment(),
                 .files = {options.corpus_directories}}),
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

/// To systemd, if that has started us: the unit is of Type=notify.
void tell_service_manager(std::string_view state) {
  const auto socket = environment_variable("NOTIFY_SOCKET");
  if (!socket) {
    return;
  }
  if (const auto told = notify_service(*socket, state); !told) {
    log_warning(told.error().message);
  }
}

/// EC2 announces to a spot instance that it is taken back, then shuts it down like any other.
std::string why_stopped(const Environment& environment, const std::string& metadata_endpoint,
                        const Clock& clock) {
  const auto life_cycle = environment.facts.find("ec2.life_cycle");
  if (life_cycle != environment.facts.end() && life_cycle->second == "spot") {
    auto imds = aws::Imds::create(metadata_endpoint, clock);
    if (const auto taken = imds ? read_spot_interruption(*imds) : std::nullopt) {
      return *taken;
    }
  }
  return "stopped by a signal";
}

ExitCode exit_code_of(const AgentEnd& end) {
  if (end.refused) {
    log_error(end.reason);
    return ExitCode::incomplete;
  }
  log_info(fmt::format("leaving: {}", end.reason));
  return ExitCode::valid;
}

Result<AgentEnd> serve(const AgentOptions& options, Identity identity, durable::RecordLog& spool,
                       Workshop& workshop, int stop_fd) {
  // A host without a default route can still measure between registries of its own.
  const std::string interface = read_default_route_interface("/proc").value_or("lo");
  const auto environment = environment_of(options, interface, workshop.isolation);
  if (!environment) {
    return tl::unexpected(environment.error());
  }
  SyncTrial trials(workshop.parts(), {.work_directory = options.state_directory / "work",
                                      .default_interface = interface,
                                      .environment = *environment,
                                      .home = environment_variable("HOME").value_or("")});
  const AgentName name = identity.name;
  protocol::ZmqContext context;
  auto client = protocol::ZmqClient::connect(
      context, {.endpoint = options.connect,
                .name = name,
                .security = std::move(identity.security),
                .notice = [](const std::string& text) { log_info(text); }});
  if (!client) {
    return tl::unexpected(client.error());
  }
  auto loop = AgentLoop::create(
      {.name = name,
       .boot = BootId(random_hex()),
       .tools = offered(probe_catalog(workshop.catalog, workshop.subjects), options.offer),
       .environment = *environment,
       .orphan_after = options.orphan_after},
      {.clock = workshop.clock,
       .transport = **client,
       .link = protocol::is_loopback(options.connect) ? protocol::Link::loopback
                                                      : protocol::Link::ethernet,
       .spool = spool,
       .trials = trials,
       .stop_fd = stop_fd,
       .why_stopped = [&] {
         return why_stopped(*environment, aws::settings_from_environment().metadata_endpoint,
                            workshop.clock);
       }});
  if (!loop) {
    return tl::unexpected(loop.error());
  }
  log_info(fmt::format("agent {} looks for the coordinator at {}", name.str(), options.connect));
  tell_service_manager("READY=1");
  const AgentEnd end = (*loop)->run();
  tell_service_manager("STOPPING=1");
  if (end.trial_stuck) {
    log_error("the trial did not stop in time; leaving without it");
    ::_exit(static_cast<int>(ExitCode::internal));
  }
  if (end.failure) {
    return tl::unexpected(*end.failure);
  }
  return end;
}

}  // namespace

Result<ExitCode> agent_command(AgentOptions options) {
  keep_to_ourselves();
  auto identity = read_identity(options);
  if (!identity) {
    return tl::unexpected(identity.error());
  }
  if (options.state_directory.empty()) {
    options.state_directory = default_state_directory(identity->name.str());
  }
  options.state_directory = std::filesystem::absolute(options.state_directory);
  auto stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  auto catalog = catalog::load_catalog(options.data_directory);
  if (!catalog) {
    return tl::unexpected(catalog.error());
  }
  auto spool = open_state(options);
  if (!spool) {
    return tl::unexpected(spool.error());
  }
  const SystemClock clock;
  Workshop workshop(clock, std::move(*catalog), options);
  auto registries =
      LocalRegistry::create(clock, workshop.subjects, options.state_directory / "work");
  if (!registries) {
    return tl::unexpected(registries.error());
  }
  workshop.registries = std::move(*registries);
  workshop.recorder =
      std::make_unique<NginxRecorder>(clock, workshop.subjects, workshop.registries->authority());
  auto end = serve(options, *std::move(identity), *spool, workshop, stop->get());
  if (!end) {
    return tl::unexpected(end.error());
  }
  return exit_code_of(*end);
}

}  // namespace ocibench::agent
