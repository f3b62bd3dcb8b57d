#include "coordinator/run.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/host.hpp"
#include "common/log.hpp"
#include "common/version.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/analysis/producers.hpp"
#include "coordinator/report/producer.hpp"
#include "protocol/validate.hpp"

namespace ocibench::coordinator {
namespace {

/// Which program began the run, for a message about one that cannot read its journal.
std::string first_producer(const durable::RecordLog& journal) {
  const auto producers = producers_of(journal);
  return producers && !producers->empty() ? producers->front() : "another ocibench";
}

}  // namespace

std::optional<KeyPaths> given_keys(const RunOptions& options) {
  return options.key_file.empty()
             ? std::nullopt
             : std::optional(KeyPaths{.own = std::filesystem::absolute(options.key_file),
                                      .of_agents = std::filesystem::absolute(options.agent_keys)});
}

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
  auto directory = RunDirectory::create(
      options.results, {.campaign = started.campaign, .keys = given_keys(options)});
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  return Run{std::move(*directory), std::move(prepared.plan), std::move(started), {}};
}

Result<Run> new_run(const RunOptions& options, const Clock& clock) {
  if (!options.common.quiet) {
    log_info("preparing the corpus (made once, then found in the cache)");
  }
  auto prepared = prepare_campaign(options.common, options.campaign);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  if (!options.target_below.empty()) {
    TargetSpec& target = prepared->plan.registry.target;
    target = below(target, options.target_below);
  }
  return begin_run(options, *std::move(prepared), clock);
}

Result<Run> resume_run(const RunOptions& options) {
  auto directory = RunDirectory::reopen(options.results, options.resume_run);
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  const std::string folder = directory->path().string();
  if (directory->notes().local() && !options.key_file.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("{} runs on this machine with keys of its own: leave --key and "
                            "--agents out",
                            folder));
  }
  auto journal = read_journal(directory->journal());
  if (!journal) {
    return fail(
        journal.error(),
        fmt::format("{} was begun by {} and cannot be read by {}; resume it with that one", folder,
                    first_producer(directory->journal()), to_string(this_producer())));
  }
  auto plan = plan_of(*journal);
  if (!plan) {
    return fail(plan.error(), fmt::format("{} cannot be resumed; run the campaign anew and remove "
                                          "this folder",
                                          folder));
  }
  log_info(fmt::format("going on with {}", folder));
  return Run{std::move(*directory), std::move(*plan), CampaignStarted{}, std::move(*journal)};
}

}  // namespace ocibench::coordinator
