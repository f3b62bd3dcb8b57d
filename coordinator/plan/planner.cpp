#include "coordinator/plan/planner.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/render.hpp"
#include "common/units.hpp"
#include "coordinator/plan/assignment_of.hpp"
#include "coordinator/plan/plan_bounds.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kLatinSquare = "latin-square";
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

/// Who names only one of the two numbers means it as both.
PlannedAgents effective_agents(const RequestedAgents& requested, TargetKind target) {
  PlannedAgents agents;
  agents.expected = requested.expected.value_or(requested.minimum.value_or(agents.expected));
  agents.minimum = requested.minimum.value_or(agents.expected);
  // All agents share the quotas of one account and region of ECR.
  agents.at_a_time = requested.at_a_time.value_or(target == TargetKind::ecr ? 1 : agents.at_a_time);
  agents.share_host = requested.share_host.value_or(agents.share_host);
  return agents;
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

/// The sizes that the corpus has; the last is all of it. Empty where the scenario names none.
std::vector<std::uint32_t> effective_sizes(const catalog::Scenario& scenario, std::size_t images) {
  std::vector<std::uint32_t> sizes;
  if (scenario.sizes.empty()) {
    return sizes;
  }
  std::ranges::copy_if(scenario.sizes, std::back_inserter(sizes),
                       [&](std::uint32_t size) { return size < images; });
  sizes.push_back(static_cast<std::uint32_t>(images));
  return sizes;
}

PlannedScenario planned(const catalog::Scenario& scenario, const CorpusState& corpus) {
  PlannedScenario result{.name = scenario.name,
                         .question = scenario.question,
                         .headline = scenario.headline,
                         .steps = scenario.steps,
                         .sizes = effective_sizes(scenario, corpus.lock.images.size()),
                         .moved_share = scenario.moved_share};
  if (scenario.moved_share > 0) {
    const auto moved = corpus.moved.find(scenario.moved_share);
    OCIBENCH_ASSERT(moved != corpus.moved.end());
    result.moved = moved->second;
  }
  return result;
}

/// How much a tool does at once in this campaign, said in a sentence.
Result<std::string> concurrency_of(const catalog::ToolDefinition& tool,
                                   const Comparability& comparability) {
  if (!comparability.concurrency || tool.kind == catalog::ToolKind::calibration) {
    return tool.concurrency.as_shipped;
  }
  if (tool.concurrency.matched.empty()) {
    return fmt::format("{} (it cannot be matched to {})", tool.concurrency.as_shipped,
                       *comparability.concurrency);
  }
  return catalog::render_matched(tool, *comparability.concurrency);
}

/// What it copies of each image; tools are told only where the work is the same for all.
std::optional<Platforms> platforms_of(const catalog::ToolDefinition& tool, WorkKind work) {
  if (tool.kind == catalog::ToolKind::calibration) {
    return std::nullopt;
  }
  return work == WorkKind::normalised ? Platforms::all : tool.default_platforms;
}

/// The definitions that the plan names, copied from the catalog.
Result<void> add_definitions(const Campaign& campaign, const catalog::Catalog& catalog,
                             const CorpusState& corpus, Plan& plan) {
  for (const std::string& name : campaign.scenarios) {
    const auto scenario = catalog.scenario(name);
    if (!scenario) {
      return tl::unexpected(scenario.error());
    }
    plan.scenarios.push_back(planned(**scenario, corpus));
  }
  for (const std::string& name : campaign.tools) {
    const auto tool = catalog.tool(name);
    if (!tool) {
      return tl::unexpected(tool.error());
    }
    const catalog::ToolDefinition& definition = **tool;
    auto concurrency = concurrency_of(definition, plan.comparability);
    if (!concurrency) {
      return tl::unexpected(concurrency.error());
    }
    plan.tools.push_back({.name = name,
                          .definition_sha256 = definition.program.definition_sha256,
                          .platforms = platforms_of(definition, plan.comparability.work),
                          .calibration = definition.kind == catalog::ToolKind::calibration,
                          .concurrency = *std::move(concurrency),
                          .caveats = definition.program.caveats,
                          .notes = definition.program.notes});
  }
  const auto spec = catalog.corpus(campaign.corpus);
  if (!spec) {
    return tl::unexpected(spec.error());
  }
  plan.corpus = **spec;
  return {};
}

/// The one asked for, else the first that copies.
std::string effective_baseline(const Campaign& campaign, const std::vector<PlannedTool>& tools) {
  const auto first = std::ranges::find(tools, false, &PlannedTool::calibration);
  return campaign.baseline.value_or(first == tools.end() ? std::string() : first->name);
}

Result<RegistrySpec> effective_registry(const RequestedRegistry& requested,
                                        const catalog::Catalog& catalog) {
  RegistrySpec spec{.name = requested.name.value_or("docker-registry"),
                    .tls = speaks_tls(requested),
                    .storage = requested.storage.value_or("memory"),
                    .target = requested.target.value_or(TargetSpec{})};
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

/// Trials that start together need a lane each, with an agent on it, all at a time.
Result<void> check_starts(const Plan& plan) {
  const auto together = std::ranges::find(
      plan.scenarios, Start::together, [](const PlannedScenario& one) { return one.steps.start; });
  const std::size_t needed = plan.tools.size();
  if (together == plan.scenarios.end() ||
      (plan.lanes >= needed && plan.agents.expected >= needed &&
       (plan.agents.at_a_time == 0 || plan.agents.at_a_time >= needed))) {
    return {};
  }
  return fail(ErrorCode::bad_input,
              fmt::format("in scenario {} the {} tools of a round start together: that needs "
                          "lanes = {} and in [agents] expected = {} (and at_a_time = 0)",
                          together->name, needed, needed, needed));
}

/// Makes the trials of a plan one after the other.
class TrialMaker {
 public:
  TrialMaker(const Campaign& campaign, const Plan& plan) : campaign_(campaign), plan_(plan) {}

  std::vector<Trial> make() {
    SplitMix64 random(plan_.seed);
    for (const PlannedScenario& scenario : plan_.scenarios) {
      observe(scenario);
      for (std::uint32_t round = 1; round <= plan_.rounds; ++round) {
        measure(scenario, round, random);
      }
    }
    return std::move(trials_);
  }

 private:
  void observe(const PlannedScenario& scenario) {
    if (!plan_.observe) {
      return;
    }
    for (const PlannedTool& tool : plan_.tools) {
      if (!tool.calibration) {
        Trial trial = trial_of(scenario, tool.name, 1);
        trial.id = TrialId(fmt::format("{}/{}/observe", scenario.name, tool.name));
        trial.kind = TrialKind::observe;
        trial.iterations = 0;
        // The run itself is not timed, so it is overhead.
        trial.overhead_timeout = untimed_budget(scenario, 1) + trial.iteration_timeout;
        trials_.push_back(std::move(trial));
      }
    }
  }

  void measure(const PlannedScenario& scenario, std::uint32_t round, SplitMix64& random) {
    const std::vector<std::string> tools = shuffled(campaign_.tools, random);
    for (const std::string& tool : tools) {
      Trial trial = trial_of(scenario, tool, round);
      for (const std::uint32_t size : scenario.sizes) {
        trial.id = TrialId(fmt::format("{}/{}/n{}/r{}", scenario.name, tool, size, round));
        trial.images = size;
        trials_.push_back(trial);
      }
      if (scenario.sizes.empty()) {
        trials_.push_back(std::move(trial));
      }
    }
  }

  [[nodiscard]] Trial trial_of(const PlannedScenario& scenario, const std::string& tool,
                               std::uint32_t round) const {
    return {.id = TrialId(fmt::format("{}/{}/r{}", scenario.name, tool, round)),
            .scenario = scenario.name,
            .tool = tool,
            .round = round,
            .lane = lane_of(tool, round),
            .iterations = plan_.iterations,
            .iteration_timeout = plan_.limits.iteration_timeout,
            .overhead_timeout = untimed_budget(scenario, plan_.iterations)};
  }

  /// The tool's untimed run in each iteration may take as long as the timed one.
  [[nodiscard]] milliseconds untimed_budget(const PlannedScenario& scenario,
                                            std::uint32_t runs) const {
    return plan_.limits.overhead_timeout + (scenario.steps.populate == Populate::corpus
                                                ? plan_.limits.iteration_timeout * runs
                                                : milliseconds(0));
  }

  /// Round by round each tool moves on by one: over `lanes` rounds it was on every lane once.
  [[nodiscard]] std::uint32_t lane_of(const std::string& tool, std::uint32_t round) const {
    const auto index = static_cast<std::uint32_t>(
        std::ranges::find(plan_.tools, tool, &PlannedTool::name) - plan_.tools.begin());
    return (index + (plan_.rotation == kLatinSquare ? round - 1 : 0)) % plan_.lanes + 1;
  }

  const Campaign& campaign_;
  const Plan& plan_;
  std::vector<Trial> trials_;
};

std::size_t trial_count(const Plan& plan) {
  std::size_t sizes = 0;
  for (const PlannedScenario& scenario : plan.scenarios) {
    sizes += std::max<std::size_t>(1, scenario.sizes.size()) * plan.rounds + (plan.observe ? 1 : 0);
  }
  return sizes * plan.tools.size();
}

milliseconds worst_case(const Plan& plan) {
  milliseconds total = plan.limits.agent_wait;
  for (const Trial& trial : plan.trials) {
    total += trial.iteration_timeout * trial.iterations + trial.overhead_timeout;
  }
  return std::min(total, kMaxWorstCase);
}

/// What the campaign says of the whole, or its default.
Plan with_settings(const Campaign& campaign) {
  Plan plan;
  plan.campaign_name = campaign.name;
  plan.seed = campaign.seed.value_or(plan.seed);
  plan.rounds = campaign.rounds.value_or(plan.rounds);
  plan.iterations = campaign.iterations.value_or(plan.iterations);
  plan.rotation = campaign.rotation.value_or(plan.rotation);
  plan.lanes = campaign.lanes.value_or(static_cast<std::uint32_t>(campaign.tools.size()));
  plan.observe = campaign.observe.value_or(plan.observe);
  plan.comparability = {.concurrency = campaign.concurrency,
                        .work = campaign.work.value_or(plan.comparability.work)};
  return plan;
}

}  // namespace

Result<Plan> make_plan(const Campaign& campaign, const catalog::Catalog& catalog,
                       const CorpusState& corpus) {
  Plan plan = with_settings(campaign);
  auto limits = effective_limits(campaign.limits);
  if (!limits) {
    return tl::unexpected(limits.error());
  }
  plan.limits = *limits;
  if (auto added = add_definitions(campaign, catalog, corpus, plan); !added) {
    return tl::unexpected(added.error());
  }
  if (const std::size_t trials = trial_count(plan); trials > kMaxTrials) {
    return fail(
        ErrorCode::limit,
        fmt::format("{} scenarios, {} tools and {} rounds make {} trials, more than {}",
                    plan.scenarios.size(), plan.tools.size(), plan.rounds, trials, kMaxTrials));
  }
  plan.baseline = effective_baseline(campaign, plan.tools);
  auto registry = effective_registry(campaign.registry, catalog);
  if (!registry) {
    return tl::unexpected(registry.error());
  }
  plan.registry = *std::move(registry);
  plan.agents = effective_agents(campaign.agents, plan.registry.target.kind);
  if (auto checked = check_destinations(campaign, catalog, corpus.lock); !checked) {
    return tl::unexpected(checked.error());
  }
  if (auto checked = check_starts(plan); !checked) {
    return tl::unexpected(checked.error());
  }
  plan.lock = corpus.lock;
  plan.corpus_sha = corpus_sha(corpus.lock);
  plan.trials = TrialMaker(campaign, plan).make();
  if (auto checked = check_assignments(plan); !checked) {
    return tl::unexpected(checked.error());
  }
  plan.limits.campaign_deadline = campaign.limits.campaign_deadline.value_or(worst_case(plan));
  if (auto bounded = check_bounds(plan); !bounded) {
    return tl::unexpected(bounded.error());
  }
  return plan;
}

}  // namespace ocibench::coordinator
