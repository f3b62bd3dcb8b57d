#include "coordinator/plan/planner.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;

constexpr int kHeartbeatsBeforeLost = 3;  // one lost message must not cost a trial

/// SplitMix64 (Steele, Lea, Flood 2014). std::shuffle and the distributions of the standard library
/// may differ between libraries; a plan must not.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  /// 0..bound-1. The bias is bound / 2^64, which is nothing for the number of tools.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

/// Fisher and Yates.
std::vector<std::string> shuffled(std::vector<std::string> names, SplitMix64& random) {
  for (std::size_t left = names.size(); left > 1; --left) {
    std::swap(names[left - 1], names[random.below(left)]);
  }
  return names;
}

Result<Limits> effective_limits(const RequestedLimits& requested) {
  Limits limits;
  limits.iteration_timeout = requested.iteration_timeout.value_or(limits.iteration_timeout);
  limits.overhead_timeout = requested.overhead_timeout.value_or(limits.overhead_timeout);
  limits.agent_wait = requested.agent_wait.value_or(limits.agent_wait);
  limits.agent_lost_after = requested.agent_lost_after.value_or(limits.agent_lost_after);
  limits.heartbeat = requested.heartbeat.value_or(limits.heartbeat);
  limits.max_attempts = requested.max_attempts.value_or(limits.max_attempts);
  if (limits.agent_lost_after < kHeartbeatsBeforeLost * limits.heartbeat) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("an agent is taken for lost after {} of silence, which must be at least "
                    "{} heartbeats of {}",
                    format_duration(limits.agent_lost_after), kHeartbeatsBeforeLost,
                    format_duration(limits.heartbeat)));
  }
  return limits;
}

/// The definitions that the plan names, copied from the catalog.
Result<void> add_definitions(const Campaign& campaign, const catalog::Catalog& catalog,
                             Plan& plan) {
  for (const std::string& name : campaign.scenarios) {
    const auto scenario = catalog.scenario(name);
    if (!scenario) {
      return tl::unexpected(scenario.error());
    }
    plan.scenarios.push_back({name, (*scenario)->question, (*scenario)->headline});
  }
  for (const std::string& name : campaign.tools) {
    const auto tool = catalog.tool(name);
    if (!tool) {
      return tl::unexpected(tool.error());
    }
    const catalog::ToolDefinition& definition = **tool;
    plan.tools.push_back({.name = name,
                          .definition_sha256 = definition.program.definition_sha256,
                          .calibration = definition.kind == catalog::ToolKind::calibration,
                          .caveats = definition.program.caveats});
  }
  const auto corpus = catalog.corpus(campaign.corpus);
  if (!corpus) {
    return tl::unexpected(corpus.error());
  }
  plan.corpus = **corpus;
  return {};
}

Result<RegistrySpec> effective_registry(const RequestedRegistry& requested,
                                        const catalog::Catalog& catalog) {
  RegistrySpec spec{.name = requested.name.value_or("docker-registry"),
                    .tls = requested.tls.value_or(false),
                    .storage = requested.storage.value_or("memory")};
  const auto registry = catalog.registry(spec.name);
  if (!registry) {
    return tl::unexpected(registry.error());
  }
  spec.definition_sha256 = (*registry)->program.definition_sha256;
  return spec;
}

/// A tool that cannot place the images would fail in the middle of the campaign: say so now.
Result<void> check_destinations(const Campaign& campaign, const catalog::Catalog& catalog,
                                const ResolvedCorpus& lock) {
  for (const std::string& name : campaign.tools) {
    const catalog::ToolDefinition& tool = **catalog.tool(name);
    if (tool.kind == catalog::ToolKind::calibration) {
      continue;
    }
    if (auto placed = catalog::place_images(tool, lock, "prefix"); !placed) {
      return tl::unexpected(placed.error());
    }
  }
  return {};
}

std::vector<Trial> ordered_trials(const Campaign& campaign, const Plan& plan) {
  std::vector<Trial> trials;
  SplitMix64 random(plan.seed);
  for (const std::string& scenario : campaign.scenarios) {
    for (std::uint32_t round = 1; round <= plan.rounds; ++round) {
      for (const std::string& tool : shuffled(campaign.tools, random)) {
        trials.push_back({.id = TrialId(fmt::format("{}/{}/r{}", scenario, tool, round)),
                          .scenario = scenario,
                          .tool = tool,
                          .round = round,
                          .iterations = plan.iterations,
                          .iteration_timeout = plan.limits.iteration_timeout,
                          .overhead_timeout = plan.limits.overhead_timeout});
      }
    }
  }
  return trials;
}

milliseconds worst_case(const Plan& plan) {
  milliseconds total = plan.limits.agent_wait;
  for (const Trial& trial : plan.trials) {
    total += trial.iteration_timeout * trial.iterations + trial.overhead_timeout;
  }
  return total;
}

}  // namespace

Result<Plan> make_plan(const Campaign& campaign, const catalog::Catalog& catalog,
                       const ResolvedCorpus& lock) {
  Plan plan;
  plan.campaign_name = campaign.name;
  plan.seed = campaign.seed.value_or(plan.seed);
  plan.rounds = campaign.rounds.value_or(plan.rounds);
  plan.iterations = campaign.iterations.value_or(plan.iterations);
  if (campaign.scenarios.size() * campaign.tools.size() * plan.rounds > kMaxTrials) {
    return fail(
        ErrorCode::limit,
        fmt::format("{} scenarios x {} tools x {} rounds are more than {} trials",
                    campaign.scenarios.size(), campaign.tools.size(), plan.rounds, kMaxTrials));
  }
  auto limits = effective_limits(campaign.limits);
  if (!limits) {
    return tl::unexpected(limits.error());
  }
  plan.limits = *limits;
  if (auto added = add_definitions(campaign, catalog, plan); !added) {
    return tl::unexpected(added.error());
  }
  auto registry = effective_registry(campaign.registry, catalog);
  if (!registry) {
    return tl::unexpected(registry.error());
  }
  plan.registry = *std::move(registry);
  if (auto checked = check_destinations(campaign, catalog, lock); !checked) {
    return tl::unexpected(checked.error());
  }
  plan.lock = lock;
  plan.corpus_sha = corpus_sha(lock);
  plan.trials = ordered_trials(campaign, plan);
  plan.limits.campaign_deadline = campaign.limits.campaign_deadline.value_or(worst_case(plan));
  return plan;
}

}  // namespace ocibench::coordinator
