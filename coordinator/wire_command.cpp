#include "coordinator/wire_command.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/analysis/observations.hpp"
#include "coordinator/report/observations_json.hpp"
#include "coordinator/report/wire_text.hpp"
#include "coordinator/run_command.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{100};  // somebody waits for the one run

Campaign wire_campaign(const WireOptions& options) {
  return {.name = "wire",
          .scenarios = {options.scenario},
          .tools = {options.tool},
          .corpus = options.corpus,
          .observe = true,
          .registry = {.tls = options.tls},
          .limits = {.heartbeat = kHeartbeat}};
}

Result<void> check_names(const WireOptions& options, const catalog::Catalog& catalog) {
  const auto tool = catalog.tool(options.tool);
  const auto scenario = catalog.scenario(options.scenario);
  const auto corpus = catalog.corpus(options.corpus);
  if (!tool) {
    return tl::unexpected(tool.error());
  }
  if (!scenario) {
    return tl::unexpected(scenario.error());
  }
  if (!corpus) {
    return tl::unexpected(corpus.error());
  }
  return (*tool)->kind == catalog::ToolKind::sync
             ? Result<void>()
             : fail(ErrorCode::bad_input,
                    fmt::format("{} is a calibration tool: it says nothing to a registry",
                                options.tool));
}

ExitCode print(const Analysis& analysis, Output output) {
  const std::vector<ObservationRow> rows = observation_rows(analysis.state);
  OCIBENCH_ASSERT(rows.size() == 1);
  const ObservationRow& row = rows.front();
  if (output == Output::json) {
    std::fputs(dump_json(observation_json(row)).c_str(), stdout);
  } else if (row.seen != nullptr && !row.seen->requests.empty()) {
    std::fputs(wire_text(analysis.plan, row).c_str(), stdout);
  }
  const Outcome& outcome = row.trial->outcome;
  if (outcome.kind == OutcomeKind::complete) {
    return ExitCode::valid;
  }
  log_error(
      fmt::format("{}: {}: {}", row.trial->trial.tool, to_string(outcome.kind), outcome.cause));
  return analysis.verdict.interrupted ? ExitCode::interrupted : ExitCode::incomplete;
}

}  // namespace

Result<PreparedCampaign> prepare_wire(const WireOptions& options) {
  auto data = load_data(options.common);
  if (!data) {
    return tl::unexpected(data.error());
  }
  if (auto known = check_names(options, data->catalog); !known) {
    return tl::unexpected(known.error());
  }
  auto prepared = plan_campaign(options.common, *data, wire_campaign(options));
  if (prepared) {
    std::erase_if(prepared->plan.trials,
                  [](const Trial& trial) { return trial.kind != TrialKind::observe; });
  }
  return prepared;
}

Result<ExitCode> wire_command(const WireOptions& options) {
  auto prepared = prepare_wire(options);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  auto results =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "ocibench-wire-");
  if (!results) {
    return tl::unexpected(results.error());
  }
  const SystemClock clock;
  const RunOptions run_options = {
      .common = options.common, .agents = RunOptions::Agents::local, .results = results->path()};
  auto run = begin_run(run_options, *std::move(prepared), clock);
  if (!run) {
    return tl::unexpected(run.error());
  }
  auto stop = watch_stop_signals();
  if (!stop) {
    return tl::unexpected(stop.error());
  }
  if (auto done = run_campaign(run_options, *run, clock, stop->get()); !done) {
    return tl::unexpected(done.error());
  }
  return analyse_journal(run->directory.journal()).map([&](const Analysis& analysis) {
    return print(analysis, options.common.output);
  });
}

}  // namespace ocibench::coordinator
