#include "coordinator/run_command.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/data_directory.hpp"
#include "common/clock.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/analysis/producers.hpp"
#include "coordinator/coordinator_loop.hpp"
#include "coordinator/dispatch/dispatcher.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "coordinator/local_agent.hpp"
#include "coordinator/progress.hpp"
#include "coordinator/report/bundle.hpp"
#include "coordinator/report/producer.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/terminal.hpp"
#include "coordinator/run.hpp"
#include "coordinator/run_keys.hpp"
#include "coordinator/upload_command.hpp"
#include "protocol/zmq_server.hpp"

namespace ocibench::coordinator {
namespace {

constexpr const char* kLoopbackEndpoint = "tcp://127.0.0.1:0";
constexpr std::chrono::seconds kAgentFarewell{30};

// ---------------------------------------------------------------- keys and the socket

/// Says so, and has the report say so, when another program than the last one goes on with the run.
Result<void> record_producer(durable::RecordLog& journal) {
  const std::string ours = to_string(this_producer());
  const auto before = producers_of(journal);
  if (!before) {
    return tl::unexpected(before.error());
  }
  if (!before->empty() && before->back() != ours) {
    log_warning(fmt::format("this run was begun by {}; {} goes on with it, and the report says so",
                            before->back(), ours));
  }
  return add_producer(journal, ours);
}

/// The keys of the run: those that the options name, else those that it had before.
Result<RunKeys> keys_of_run(const RunOptions& options, const Run& run, const Clock& clock) {
  const RunNotes& notes = run.directory.notes();
  const auto given = given_keys(options);
  const KeyPaths paths = notes.local() ? local_key_files(run.directory.path()).coordinator
                                       : given.value_or(*notes.keys);
  auto keys = open_run_keys(paths, clock.now());
  if (!keys && !given && keys.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::usage,
                fmt::format("the keys of this run are gone ({}): without them none of its agents "
                            "could come. {}",
                            keys.error().message,
                            notes.local() ? "Put them back, or run the campaign anew"
                                          : "Give their new place with --key and --agents"));
  }
  return keys;
}

/// Where to listen: for a resumed run where its agents look for it.
std::string endpoint_for(const RunOptions& options, const RunNotes& notes) {
  if (!notes.endpoint.empty()) {
    return notes.endpoint;
  }
  return notes.local() ? kLoopbackEndpoint : options.listen;
}

Result<std::unique_ptr<protocol::ZmqServer>> listen_for_agents(protocol::ZmqContext& context,
                                                               const RunOptions& options,
                                                               const RunNotes& notes,
                                                               const RunKeys& keys) {
  return protocol::ZmqServer::bind(
      context, {.endpoint = endpoint_for(options, notes),
                .security = {.keys = keys.own, .allowed = keys.agents.allowed()},
                .notice = [](const std::string& text) { log_warning(text); }});
}

/// What a coordinator that resumes this run has to know of it.
Result<void> note_how_agents_connect(const RunOptions& options, RunDirectory& directory,
                                     const std::string& endpoint) {
  RunNotes notes = directory.notes();
  notes.endpoint = endpoint;
  if (auto given = given_keys(options)) {
    notes.keys = std::move(given);
  }
  return notes == directory.notes() ? Result<void>() : directory.set_notes(std::move(notes));
}

void log_how_agents_connect(const std::string& endpoint, const AgentKeys& agents) {
  log_info(
      fmt::format("waiting at {} for the agents whose keys are in {} ({} now): ocibench-agent "
                  "--connect tcp://THIS-MACHINE:PORT --key NAME.key --coordinator-key FILE.pub",
                  endpoint, agents.directory().string(), agents.allowed().names().size()));
}

// ---------------------------------------------------------------- the agent of local mode

/// Nobody holds its spool. Errors: conflict.
Result<void> spool_is_free(const RunDirectory& directory) {
  const std::filesystem::path file = directory.agent_state() / "spool.sqlite";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return {};
  }
  const auto spool = durable::RecordLog::open(file);
  if (spool || spool.error().code != ErrorCode::conflict) {
    return {};  // a spool that is damaged is the new agent's to report
  }
  return fail(ErrorCode::conflict,
              fmt::format("{} is held by a process that is not the agent that this run has noted; "
                          "when it has ended, resume again",
                          file.string()));
}

Result<LocalAgent> new_local_agent(const CommonOptions& common, Run& run) {
  RunDirectory& directory = run.directory;
  auto data = catalog::find_data_directory(common.data_directory, executable_path());
  if (!data) {
    return tl::unexpected(data.error());
  }
  const LocalKeyFiles keys = local_key_files(directory.path());
  auto agent = LocalAgent::start({.endpoint = directory.notes().endpoint,
                                  .key_file = keys.agent_key,
                                  .coordinator_key_file = keys.coordinator_public,
                                  .state_directory = directory.agent_state(),
                                  .log = directory.agent_log(),
                                  .data_directory = *data,
                                  .cache_directory = common.cache_directory,
                                  .tools_directory = common.tools_directory,
                                  .corpus_directories = directories_of(run.plan.corpus),
                                  .run_directory = directory.path()});
  if (!agent) {
    return agent;
  }
  RunNotes notes = directory.notes();
  notes.local_agent = agent->identity();
  if (auto noted = directory.set_notes(std::move(notes)); !noted) {
    return tl::unexpected(noted.error());
  }
  return agent;
}

/// The one that outlived a killed coordinator, else a new one.
Result<LocalAgent> local_agent(const CommonOptions& common, Run& run) {
  const RunDirectory& directory = run.directory;
  if (const auto& noted = directory.notes().local_agent) {
    if (auto agent = LocalAgent::adopt(*noted)) {
      return agent;
    }
  }
  if (auto free = spool_is_free(directory); !free) {
    return tl::unexpected(free.error());
  }
  return new_local_agent(common, run);
}

// ---------------------------------------------------------------- running it

ProgressStyle progress_style(const CommonOptions& common) {
  if (common.quiet) {
    return ProgressStyle::none;
  }
  return is_terminal(Stream::err) ? ProgressStyle::status_line : ProgressStyle::lines;
}

Dispatcher dispatcher_of(const Run& run) {
  Dispatcher dispatcher(run.directory.campaign(), run.plan);
  for (const JournalEntry& entry : run.journal) {
    dispatcher.restore(entry);
  }
  return dispatcher;
}

/// From the first agent to the last trial.
Result<void> run_loop(Dispatcher& dispatcher, CoordinatorParts parts, const Run& run) {
  Progress& progress = parts.progress;
  CoordinatorLoop loop(dispatcher, std::move(parts));
  const auto finish = loop.run(run.started);
  progress.close();
  if (!finish) {
    return fail(finish.error(), fmt::format("the campaign stopped; what was finished is in {} "
                                            "(ocibench run --resume)",
                                            run.directory.path().string()));
  }
  return {};
}

Result<void> run_with_local_agent(Dispatcher& dispatcher, CoordinatorParts parts,
                                  const CommonOptions& common, Run& run) {
  auto agent = local_agent(common, run);
  if (!agent) {
    return tl::unexpected(agent.error());
  }
  parts.local_agent = WatchedAgent{AgentName(kLocalAgentName), agent->pidfd()};
  Result<void> done = run_loop(dispatcher, std::move(parts), run);
  if (done) {
    agent->finish(kAgentFarewell);
  }
  return done;
}

/// Says what stays.
void remove_folder(RunDirectory& directory) {
  for (const std::filesystem::path& left : directory.remove()) {
    log_warning(fmt::format("{} was not made by ocibench and stays where it is", left.string()));
  }
}

/// Neither a record nor an agent: nothing is lost with its folder.
bool never_began(RunDirectory& directory) {
  return !directory.notes().local_agent && directory.journal().next_seq(kCoordinatorStream) == 0U;
}

/// Derives the report from the journal, writes the bundle and prints the end of it.
Result<ExitCode> publish(const RunOptions& options, Run& run, int stop_fd) {
  auto analysis = analyse_journal(run.directory.journal());
  if (!analysis) {
    return tl::unexpected(analysis.error());
  }
  auto bundle = write_bundle(run.directory.journal(), *analysis, this_producer(), options.results);
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
  remove_folder(run.directory);
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

Result<void> run_campaign(const RunOptions& options, Run& run, const Clock& clock, int stop_fd) {
  Dispatcher dispatcher = dispatcher_of(run);
  if (dispatcher.finished()) {
    return {};  // only the bundle was not written yet
  }
  auto keys = keys_of_run(options, run, clock);
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  protocol::ZmqContext context;
  auto server = listen_for_agents(context, options, run.directory.notes(), *keys);
  if (!server) {
    return tl::unexpected(server.error());
  }
  Result<void> noted = note_how_agents_connect(options, run.directory, (*server)->endpoint());
  noted = noted ? record_producer(run.directory.journal()) : noted;
  if (!noted) {
    return noted;
  }
  Progress progress(progress_style(options.common), clock.now());
  CoordinatorParts parts{.clock = clock,
                         .transport = **server,
                         .journal = run.directory.journal(),
                         .progress = progress,
                         .interrupt_fd = stop_fd,
                         .keys = WatchedKeys{keys->agents, **server}};
  if (run.directory.notes().local()) {
    return run_with_local_agent(dispatcher, std::move(parts), options.common, run);
  }
  log_how_agents_connect((*server)->endpoint(), keys->agents);
  return run_loop(dispatcher, std::move(parts), run);
}

Result<ExitCode> run_command(const RunOptions& options) {
  const SystemClock clock;
  if (options.upload) {
    if (auto ready = check_upload(*options.upload); !ready) {  // not after hours of measuring
      return fail(ready.error(), "--upload");
    }
  }
  auto run = options.resume ? resume_run(options) : new_run(options, clock);
  if (!run) {
    return tl::unexpected(run.error());
  }
  // From here on an interrupt ends the campaign, not the process: something could be lost.
  auto stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  if (auto done = run_campaign(options, *run, clock, stop->get()); !done) {
    if (never_began(run->directory)) {
      remove_folder(run->directory);
    }
    return tl::unexpected(done.error());
  }
  return publish(options, *run, stop->get());
}

}  // namespace ocibench::coordinator
