#include "tests/support/journal_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/model/expectation.hpp"
#include "common/units.hpp"
#include "coordinator/plan/assignment_of.hpp"

namespace ocibench::testing_support {
namespace {

using coordinator::Plan;

/// Of the corpus below, each image under its tag.
constexpr const char* kContentSha256 =
    "14ce23d8b1b1ada4bd0026021ebf0503922d623f93e1ce3534107c092e302646";

std::string digest(char digit) { return "sha256:" + std::string(64, digit); }

ResolvedImage image(const std::string& repository, char manifest, char layer) {
  return {.repository = repository,
          .tag = "1",
          .digest = digest(manifest),
          .manifests = {{.digest = digest(manifest),
                         .media_type = "application/vnd.oci.image.manifest.v1+json",
                         .size_bytes = 1000,
                         .blobs = {{digest('a'), 100 * kMB}, {digest(layer), 30 * kMB - 1000}}}}};
}

SubjectIdentity subject(const std::string& tool) {
  return {
      .name = tool,
      .label = tool + " 1.9.3",
      .version = "1.9.3",
      .binaries = {{.path = "/usr/bin/" + tool, .sha256 = std::string(64, 'b'), .size_bytes = 7}},
      .command = tool + " copy --all docker://127.0.0.1:5101/a docker://127.0.0.1:5102/a"};
}

/// Each agent has a host of its own.
Environment environment(const std::string& agent) {
  return {{{kInstanceTypeFact, "local-2cpu"},
           {kHostIdentityFact, "host-of-" + agent},
           {"cpu.count", "2"},
           {"cpu.governor", std::nullopt}}};
}

/// "cold/skopeo/r1", "scale/skopeo/n1/r1".
std::string tool_of(const std::string& trial) {
  const std::size_t first = trial.find('/') + 1;
  return trial.substr(first, trial.find('/', first) - first);
}

}  // namespace

Plan make_plan(const std::vector<std::string>& tools, std::uint32_t iterations) {
  Plan plan{.campaign_name = "example", .iterations = iterations};
  const auto copying =
      std::ranges::find_if(tools, [](const std::string& tool) { return tool != "null"; });
  plan.baseline = copying == tools.end() ? "" : *copying;
  plan.registry = {
      .name = "docker-registry", .definition_sha256 = std::string(64, 'c'), .storage = "memory"};
  plan.corpus = {.name = "two", .source = SyntheticSpec{.images = 2, .repository_prefix = "two/i"}};
  plan.lock = {.name = "two", .images = {image("two/i-01", '1', '2'), image("two/i-02", '3', '4')}};
  plan.corpus_sha = corpus_sha(plan.lock);
  plan.scenarios = {{.name = "cold",
                     .question = "How long does a first sync into an empty registry take?",
                     .headline =
                         "{{subject}} copied {{bytes}} in {{wall_median}} (p10 {{wall_p10}}, p90 "
                         "{{wall_p90}}, n = {{n}})."}};
  for (const std::string& tool : tools) {
    plan.tools.push_back(
        {.name = tool,
         .definition_sha256 = std::string(64, 'd'),
         .platforms = tool == "null" ? std::nullopt : std::optional(Platforms::all),
         .calibration = tool == "null"});
    plan.trials.push_back({.id = attempt_of(tool).trial,
                           .scenario = "cold",
                           .tool = tool,
                           .iterations = iterations,
                           .iteration_timeout = std::chrono::minutes(5),
                           .overhead_timeout = std::chrono::minutes(10)});
  }
  plan.limits.campaign_deadline = std::chrono::hours(1);
  return plan;
}

AttemptId attempt_of(const std::string& tool, std::uint32_t attempt) {
  return {.trial = TrialId(fmt::format("cold/{}/r1", tool)), .attempt = attempt};
}

Iteration complete_iteration(std::uint32_t index, std::chrono::milliseconds wall) {
  return {.index = index,
          .outcome = {.kind = OutcomeKind::complete},
          .started_at = WallTime(std::chrono::seconds(1'795'000'000 + index)),
          .wall = wall,
          .exit_code = 0,
          .network = NetworkUse{.interface = "lo",
                                .rx_bytes = 321'000'000 + index,
                                .tx_bytes = 321'000'000 + index},
          .resources = ResourceUse{.source = "cgroup2",
                                   .cpu_user_us = 900'000,
                                   .cpu_system_us = 100'000 + index,
                                   .memory_peak_bytes = 24'000'000},
          .validity = ValidityCounters{.steal_us = 0},
          .sampler = SamplerCost{.ticks = 2, .cpu_us = 350},
          .verification = Verification{.images_expected = 2,
                                       .images_found = 2,
                                       .manifests_expected = 2,
                                       .manifests_found = 2,
                                       .blobs_expected = 4,
                                       .blobs_found = 4,
                                       .bytes_proven = 160'000'000,
                                       .content_sha256 = kContentSha256}};
}

Verification whole_proof(const Plan& plan, const Trial& trial, std::string_view platform) {
  const coordinator::PlannedScenario& scenario = coordinator::planned_scenario(plan, trial);
  const ExpectedProof proof =
      expected_proof(expected_states(first_images(plan.lock, trial.images), scenario.steps,
                                     scenario.moved, platform)
                         .after);
  return {.images_expected = proof.images,
          .images_found = proof.images,
          .manifests_expected = proof.manifests,
          .manifests_found = proof.manifests,
          .blobs_expected = proof.blobs,
          .blobs_found = proof.blobs,
          .bytes_proven = proof.bytes,
          .content_sha256 = proof.content_sha256};
}

Iteration failed_iteration(std::uint32_t index, OutcomeKind kind, const std::string& cause) {
  Iteration iteration = complete_iteration(index, std::chrono::milliseconds(10));
  iteration.outcome = {.kind = kind, .cause = cause, .evidence = "stderr.log.gz"};
  iteration.exit_code = 1;
  iteration.last_log_lines = {"level=fatal", "manifest \"unknown\", or worse"};
  iteration.verification = std::nullopt;
  return iteration;
}

WallTime JournalBuilder::tick() { return WallTime(std::chrono::seconds(1'795'000'000 + ticks_++)); }

JournalBuilder& JournalBuilder::decide(CoordinatorRecord record) {
  entries_.push_back({.seq = next_seq_[""]++, .body = std::move(record)});
  return *this;
}

JournalBuilder& JournalBuilder::tell(const std::string& agent, AgentRecord record) {
  entries_.push_back({.agent = AgentName(agent),
                      .boot = BootId("b0"),
                      .seq = next_seq_[agent]++,
                      .body = std::move(record)});
  return *this;
}

JournalBuilder& JournalBuilder::start(const Plan& plan, const std::string& plan_json) {
  return decide(CampaignStarted{.campaign = CampaignId("20261118T110640Z-3f9a1c"),
                                .at = tick(),
                                .campaign_toml = "name = \"" + plan.campaign_name + "\"\n",
                                .plan_json = plan_json,
                                .git_sha = "abc1234def5678abc1234def5678abc1234def56-dirty"});
}

JournalBuilder& JournalBuilder::lease(const AttemptId& id, const std::string& agent) {
  agents_[id] = agent;
  return decide(TrialLeased{id, AgentName(agent), BootId("b0"), tick()});
}

JournalBuilder& JournalBuilder::begin(const AttemptId& id) {
  tell(agents_.at(id), TrialStarted{.id = id,
                                    .at = tick(),
                                    .subject = subject(tool_of(id.trial.str())),
                                    .registry = subject("docker-registry"),
                                    .environment = environment(agents_.at(id))});
  return tell(agents_.at(id), PhaseFinished{.id = id,
                                            .phase = Phase::prewarm,
                                            .took = std::chrono::milliseconds(12),
                                            .note = "not applicable: local source"});
}

JournalBuilder& JournalBuilder::iteration(const AttemptId& id, const Iteration& iteration) {
  return tell(agents_.at(id), IterationFinished{id, iteration});
}

JournalBuilder& JournalBuilder::artifact(const AttemptId& id, std::uint32_t iteration,
                                         const std::string& name, const std::string& bytes) {
  // Two chunks, so that they have to be put together.
  const std::size_t half = bytes.size() / 2;
  tell(agents_.at(id), ArtifactChunk{id, iteration, name, 0, false, bytes.substr(0, half)});
  return tell(agents_.at(id), ArtifactChunk{id, iteration, name, half, true, bytes.substr(half)});
}

JournalBuilder& JournalBuilder::finish(const AttemptId& id, const Outcome& outcome) {
  return tell(agents_.at(id), TrialFinished{id, tick(), outcome});
}

JournalBuilder& JournalBuilder::lose(const AttemptId& id, const std::string& cause) {
  return decide(AttemptLost{id, tick(), cause});
}

JournalBuilder& JournalBuilder::end(CampaignFinished record) {
  record.at = tick();
  return decide(std::move(record));
}

JournalBuilder& JournalBuilder::run(const AttemptId& id, const std::string& agent,
                                    std::uint32_t iterations) {
  lease(id, agent).begin(id);
  for (std::uint32_t index = 1; index <= iterations; ++index) {
    const bool null = id == attempt_of("null", id.attempt);
    iteration(id, complete_iteration(index, std::chrono::milliseconds(null ? 1 : 1700)));
  }
  return finish(id);
}

}  // namespace ocibench::testing_support
