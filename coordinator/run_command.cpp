#include "coordinator/run_command.hpp"

#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/data_directory.hpp"
#include "common/clock.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "common/version.hpp"
#include "coordinator/agent_keys.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/coordinator_loop.hpp"
#include "coordinator/dispatch/dispatcher.hpp"
#include "coordinator/local_agent.hpp"
#include "coordinator/progress.hpp"
#include "coordinator/report/bundle.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/terminal.hpp"
#include "coordinator/upload_command.hpp"
#include "protocol/key_file.hpp"
#include "protocol/validate.hpp"
#include "protocol/zmq_server.hpp"

namespace ocibench::coordinator {
namespace {

// Facts beside the journal, for a coordinator that resumes it.
constexpr const char* kEndpointNote = "endpoint";
constexpr const char* kAgentPidNote = "local_agent_pid";
constexpr const char* kLocalNote = "local";

constexpr const char* kLoopbackEndpoint = "tcp://127.0.0.1:0";
constexpr std::chrono::seconds kAgentFarewell{30};

Result<Run> new_run(const RunOptions& options, const Clock& clock) {
  if (!options.common.quiet) {
    log_info("preparing the corpus (made once, then found in the cache)");
  }
  auto prepared = prepare_campaign(options.common, options.campaign);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  return begin_run(options, *std::move(prepared), clock);
}

Result<Run> resumed_run(const RunOptions& options) {
  auto directory = RunDirectory::reopen(options.results, options.resume_run);
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  auto journal = read_journal(directory->journal());
  if (!journal) {
    return fail(journal.error(), directory->path().string());
  }
  auto plan = plan_of(*journal);
  if (!plan) {
    return fail(plan.error(), fmt::format("{} cannot be resumed; run the campaign anew and remove "
                                          "this folder",
                                          directory->path().string()));
  }
  auto local = directory->journal().note(kLocalNote);
  if (!local) {
    return tl::unexpected(local.error());
  }
  log_info(fmt::format("going on with {}", directory->path().string()));
  return Run{std::move(*directory), std::move(*plan), CampaignStarted{}, std::move(*journal),
             *local ? RunOptions::Agents::local : RunOptions::Agents::remote};
}

/// Where to listen: for a resumed run where its agents look for it.
Result<std::string> endpoint_for(const RunOptions& options, Run& run) {
  auto noted = run.directory.journal().note(kEndpointNote);
  if (!noted) {
    return tl::unexpected(noted.error());
  }
  if (*noted) {
    return **noted;
  }
  return run.agents == RunOptions::Agents::local ? kLoopbackEndpoint : options.listen;
}

std::optional<pid_t> parse_pid(const std::optional<std::string>& text) {
  pid_t pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc()) {
    return std::nullopt;
  }
  return pid;
}

/// The agent of local mode: the one that outlived a killed coordinator, else a new one. Whether it
/// lives is told by its spool's lock, not by a process id that may have been given away again.
Result<LocalAgent> local_agent(const RunOptions& options, Run& run, const std::string& endpoint) {
  durable::RecordLog& journal = run.directory.journal();
  auto noted = journal.note(kAgentPidNote);
  if (!noted) {
    return tl::unexpected(noted.error());
  }
  if (const auto pid = parse_pid(*noted)) {
    const auto spool = durable::RecordLog::open(run.directory.agent_state() / "spool.sqlite");
    if (!spool && spool.error().code == ErrorCode::conflict) {
      return LocalAgent::adopt(*pid);
    }
  }
  auto data = catalog::find_data_directory(options.common.data_directory, executable_path());
  if (!data) {
    return tl::unexpected(data.error());
  }
  auto agent = LocalAgent::start({.endpoint = endpoint,
                                  .state_directory = run.directory.agent_state(),
                                  .log = run.directory.agent_log(),
                                  .data_directory = *data,
                                  .cache_directory = options.common.cache_directory,
                                  .tools_directory = options.common.tools_directory});
  if (agent) {
    if (auto kept = journal.set_note(kAgentPidNote, fmt::format("{}", agent->pid())); !kept) {
      return tl::unexpected(kept.error());
    }
  }
  return agent;
}

Result<void> keep_notes(Run& run, const std::string& endpoint) {
  durable::RecordLog& journal = run.directory.journal();
  if (auto kept = journal.set_note(kEndpointNote, endpoint); !kept) {
    return kept;
  }
  return run.agents == RunOptions::Agents::local ? journal.set_note(kLocalNote, "yes")
                                                 : Result<void>();
}

ProgressStyle progress_style(const CommonOptions& common) {
  if (common.quiet) {
    return ProgressStyle::none;
  }
  return is_terminal(Stream::err) ? ProgressStyle::status_line : ProgressStyle::lines;
}

/// Derives the report from the journal, writes the bundle and prints the end of it.
Result<ExitCode> publish(const RunOptions& options, Run& run, int stop_fd) {
  auto analysis = analyse_journal(run.directory.journal());
  if (!analysis) {
    return tl::unexpected(analysis.error());
  }
  auto bundle = write_bundle(run.directory.journal(), *analysis, options.results);
  if (!bundle) {
    return fail(bundle.error(), fmt::format("writing the bundle; the journal is safe in {} "
                                            "(ocibench run --resume writes it again)",
                                            run.directory.path().string()));
  }
  const std::string text =
      options.common.output == Output::json
          ? dump_json(summary_json(*analysis))
          : terminal_summary(
                *analysis, *bundle,
                is_terminal(Stream::out) && colour_wanted() ? Color::always : Color::never);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  run.directory.remove();
  if (options.upload) {
    const Result<void> uploaded =
        upload_after_run(*bundle, *options.upload, options.common, stop_fd);
    if (!uploaded) {
      log_error(uploaded.error().message);
      return ExitCode::not_uploaded;
    }
  }
  return exit_code(analysis->verdict);
}

}  // namespace

Result<Run> begin_run(const RunOptions& options, PreparedCampaign prepared, const Clock& clock) {
  if (options.agents == RunOptions::Agents::local && prepared.plan.agents.minimum > 1) {
    return fail(ErrorCode::bad_input,
                fmt::format("this campaign needs {} agents ([agents] expected or minimum), and "
                            "--local starts one: without it, agents connect to --listen",
                            prepared.plan.agents.minimum));
  }
  const WallTime now = clock.wall();
  CampaignStarted started{
      .campaign = CampaignId(fmt::format("{}-{}", format_compact(now), random_hex())),
      .at = now,
      .campaign_toml = std::move(prepared.toml),
      .plan_json = dump_json(to_json(prepared.plan)),
      .git_sha = std::string(git_sha())};
  // A corpus of many thousand images makes a plan that fits neither a record nor a frame.
  if (auto fits = protocol::validate(CoordinatorRecord(started)); !fits) {
    return fail(fits.error(), "the plan cannot be recorded; split the corpus");
  }
  auto directory = RunDirectory::create(options.results, started.campaign);
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  return Run{
      std::move(*directory), std::move(prepared.plan), std::move(started), {}, options.agents};
}

namespace {

/// Who the coordinator is and whom it lets in.
struct Keys {
  protocol::KeyPair own;
  AgentKeys agents;
};

/// Nothing when the campaign runs without keys.
Result<std::optional<Keys>> open_keys(const RunOptions& options, const Clock& clock) {
  if (options.key_file.empty()) {
    return std::nullopt;
  }
  auto own = protocol::read_key_file(options.key_file);
  if (!own) {
    return fail(own.error(), "--key");
  }
  auto agents = AgentKeys::open(options.agent_keys, clock.now());
  if (!agents) {
    return fail(agents.error(), "--agents");
  }
  return Keys{own->keys, *std::move(agents)};
}

Result<std::unique_ptr<protocol::ZmqServer>> listen_for_agents(protocol::ZmqContext& context,
                                                               const RunOptions& options, Run& run,
                                                               const std::optional<Keys>& keys) {
  auto endpoint = endpoint_for(options, run);
  if (!endpoint) {
    return tl::unexpected(endpoint.error());
  }
  protocol::ServerSettings settings{.endpoint = *endpoint,
                                    .notice = [](const std::string& text) { log_warning(text); }};
  if (keys) {
    settings.security = protocol::ServerSecurity{keys->own, keys->agents.allowed()};
  }
  return protocol::ZmqServer::bind(context, std::move(settings));
}

std::optional<WatchedKeys> watched_keys(std::optional<Keys>& keys, protocol::ZmqServer& server) {
  return keys ? std::optional(WatchedKeys{keys->agents, server}) : std::nullopt;
}

void say_who_may_come(const std::string& endpoint, const std::optional<Keys>& keys) {
  if (!keys) {
    log_info(fmt::format("waiting for agents: ocibench-agent --connect {}", endpoint));
    return;
  }
  log_info(fmt::format(
      "waiting at {} for the agents whose keys are in {} ({} now): ocibench-agent "
      "--connect tcp://THIS-MACHINE:PORT --key NAME.key --coordinator-key FILE.pub",
      endpoint, keys->agents.directory().string(), keys->agents.allowed().names().size()));
}

}  // namespace

Result<void> carry_out(const RunOptions& options, Run& run, const Clock& clock, int stop_fd) {
  Dispatcher dispatcher(run.directory.campaign(), run.plan);
  for (const JournalEntry& entry : run.journal) {
    dispatcher.restore(entry);
  }
  if (dispatcher.finished()) {
    return {};  // only the bundle was not written yet
  }
  auto keys = open_keys(options, clock);
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  protocol::ZmqContext context;
  auto server = listen_for_agents(context, options, run, *keys);
  if (!server) {
    return tl::unexpected(server.error());
  }
  const std::string endpoint = (*server)->endpoint();
  if (auto kept = keep_notes(run, endpoint); !kept) {
    return kept;
  }
  std::optional<LocalAgent> agent;
  std::optional<WatchedAgent> watched;
  if (run.agents == RunOptions::Agents::local) {
    auto started = local_agent(options, run, endpoint);
    if (!started) {
      return tl::unexpected(started.error());
    }
    agent = std::move(*started);
    watched = WatchedAgent{AgentName(LocalAgentOptions().name), agent->pidfd()};
  } else {
    say_who_may_come(endpoint, *keys);
  }
  Progress progress(progress_style(options.common), clock.now());
  CoordinatorLoop loop(dispatcher, {.clock = clock,
                                    .transport = **server,
                                    .journal = run.directory.journal(),
                                    .progress = progress,
                                    .interrupt_fd = stop_fd,
                                    .local_agent = watched,
                                    .keys = watched_keys(*keys, **server)});
  auto finish = loop.run(run.started);
  progress.close();
  if (!finish) {
    return fail(finish.error(), fmt::format("the campaign stopped; what was finished is in {} "
                                            "(ocibench run --resume)",
                                            run.directory.path().string()));
  }
  if (agent) {
    agent->finish(kAgentFarewell);
  }
  return {};
}

Result<ExitCode> run_command(const RunOptions& options) {
  const SystemClock clock;
  if (options.upload) {
    if (auto ready = check_upload(*options.upload); !ready) {  // not after hours of measuring
      return fail(ready.error(), "--upload");
    }
  }
  auto run = options.resume ? resumed_run(options) : new_run(options, clock);
  if (!run) {
    return tl::unexpected(run.error());
  }
  // From here on an interrupt ends the campaign, not the process: something could be lost.
  auto stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  if (auto done = carry_out(options, *run, clock, stop->get()); !done) {
    return tl::unexpected(done.error());
  }
  return publish(options, *run, stop->get());
}

}  // namespace ocibench::coordinator
