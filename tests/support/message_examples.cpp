#include "tests/support/message_examples.hpp"

#include <chrono>

namespace ocibench::testing_support {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr WallTime kSomeTime{milliseconds(1'795'291'200'123)};

const CampaignId kCampaign{"20261121T201500Z-3f9a1c"};
const BootId kBoot{"5f2b9c"};
const AttemptId kAttempt{TrialId{"cold/skopeo/r1"}, 2};

Environment environment() {
  return {{{"cpu.model", "Graviton \xC2\xB5"}, {"instance.type", std::nullopt}}};
}

SubjectIdentity subject() {
  return {.name = "skopeo",
          .label = "skopeo 1.9.3 (Debian 12)",
          .version = "1.9.3",
          .binaries = {{"/usr/bin/skopeo", std::string(64, 'a'), 31'000'000}},
          .command = "skopeo sync --src docker",
          .config_text = "registries: []\n"};
}

ResolvedCorpus lock() {
  const ManifestInfo index{.digest = "sha256:11",
                           .media_type = "application/vnd.oci.image.index.v1+json",
                           .size_bytes = 500,
                           .children = {"sha256:22"}};
  const ManifestInfo manifest{.digest = "sha256:22",
                              .media_type = "application/vnd.oci.image.manifest.v1+json",
                              .size_bytes = 700,
                              .blobs = {{"sha256:33", 1}, {"sha256:44", 4096}},
                              .platform = "linux/arm64"};
  return {.name = "small",
          .source_host = "registry.example",
          .images = {{.repository = "synthetic/image-01",
                      .tag = "1",
                      .digest = "sha256:11",
                      .manifests = {index, manifest}}}};
}

protocol::Assign assign(CorpusSpec corpus) {
  Assignment assignment{.campaign = kCampaign,
                        .trial = {.id = kAttempt.trial,
                                  .scenario = "cold",
                                  .tool = "skopeo",
                                  .kind = TrialKind::observe,
                                  .round = 3,
                                  .lane = 2,
                                  .images = 1,
                                  .iterations = 4,
                                  .iteration_timeout = milliseconds(300'000),
                                  .overhead_timeout = milliseconds(600'000)},
                        .attempt = kAttempt.attempt,
                        .tool_definition_sha256 = std::string(64, 'b'),
                        .registry = {.name = "docker-registry",
                                     .definition_sha256 = std::string(64, 'c'),
                                     .tls = true,
                                     .storage = "memory",
                                     .target = {.kind = TargetKind::ecr,
                                                .host = "registry.example:5000",
                                                .prefix = "team/bench"}},
                        .steps = {.populate = Populate::corpus,
                                  .tool_state = ToolState::kept,
                                  .destination = Destination::other,
                                  .start = Start::together},
                        .comparability = {.concurrency = 4, .work = WorkKind::tool_default},
                        .corpus = std::move(corpus),
                        .lock = lock(),
                        .moved = {{.repository = "synthetic/image-01",
                                   .tag = "1",
                                   .digest = "sha256:55",
                                   .manifests = {{.digest = "sha256:55", .size_bytes = 9}}}}};
  return {kBoot, std::move(assignment)};
}

CorpusSpec synthetic_corpus() {
  return {"small", SyntheticSpec{.seed = 7,
                                 .images = 2,
                                 .layers = 3,
                                 .layer_bytes = 1'048'576,
                                 .shared_share = 0.25,
                                 .compressibility = 0.5,
                                 .gzip_level = 6,
                                 .platforms = {"linux/amd64", "linux/arm64"},
                                 .referrer = true,
                                 .repository_prefix = "synthetic/image"}};
}

Iteration measured_iteration() {
  const Spread spread{.p50 = 1.5, .p95 = 2.5, .max = 3.5};
  return {
      .index = 5,
      .outcome = {OutcomeKind::partial, "2 blobs are missing", "logs/stderr.log.gz"},
      .started_at = kSomeTime,
      .wall = nanoseconds(3'070'000'001),
      .exit_code = -1,
      .signal = 9,
      .network = NetworkUse{"ens5", 10, 20, 30, 40.5, 50, 60},
      .resources = ResourceUse{"cgroup2", 70, 80, 90, spread, spread, std::nullopt, spread},
      .validity = ValidityCounters{1, 2, 3, 4, 5, 6, std::nullopt, -0.002},
      .sampler = SamplerCost{11, 12, 13},
      .verification =
          Verification{1, 2, 3, 4, 5, 6, 7, {"image@sha256:33: 404"}, std::string(64, 'f')},
      .last_log_lines = {"level=error", "second line"},
      .marks = {"steal 3.1 %"},
  };
}

Iteration unmeasured_iteration() {
  return {.index = 1, .outcome = {OutcomeKind::not_run, "campaign cancelled", ""}};
}

WireObservation observation() {
  return {.requests = {{RegistrySide::target, RequestClass::mount, 201, 3, 900, 600}},
          .source_connections = 4,
          .target_connections = 24,
          .duplicate_blob_gets = 1,
          .images = {{"bench/image-01", "1", nanoseconds(1'500'000'000)}},
          .user_agents = {"skopeo/1.9.3"}};
}

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

std::vector<Example<protocol::AgentMessage>> agent_messages() {
  const protocol::ToolOffer usable{"skopeo", std::string(64, 'd'), true, "1.9.3", ""};
  const protocol::ToolOffer absent{"crane", std::string(64, 'e'), false, "", "not installed"};
  return {
      {"hello",
       protocol::Hello{
           AgentName{"lane-1"}, kBoot, kCampaign, 42, kAttempt, {usable, absent}, environment()}},
      {"hello_fresh", protocol::Hello{.agent = AgentName{"lane-2"}, .boot = kBoot}},
      {"heartbeat", protocol::Heartbeat{kBoot, kAttempt, Phase::measure, 3,
                                        MonoTime(std::chrono::nanoseconds(77)), true}},
      {"record", protocol::RecordMessage{kCampaign, kBoot, 41, every_byte()}},
      {"goodbye", protocol::Goodbye{kBoot, "stopped by SIGTERM"}},
  };
}

std::vector<Example<protocol::CoordinatorMessage>> coordinator_messages() {
  return {
      {"welcome", protocol::Welcome{kCampaign, kBoot, 42, 2000}},
      {"assign_synthetic", assign(synthetic_corpus())},
      {"assign_reference",
       assign({"public", ReferenceSpec{{"registry.example/library/alpine:3.20"}}})},
      {"assign_local", assign({"local", LocalFileSpec{{{"images/a.tar", "local/a", "1"}}}})},
      {"ack", protocol::Ack{kBoot, 43}},
      {"begin", protocol::Begin{kAttempt, 3, kSomeTime, 2, 3}},
      {"heartbeat_reply", protocol::HeartbeatReply{kBoot, MonoTime(std::chrono::nanoseconds(77)),
                                                   WallTime(std::chrono::seconds(1'000'000))}},
      {"cancel", protocol::Cancel{kAttempt, "the campaign was interrupted"}},
      {"dismiss", protocol::Dismiss{kBoot, "unknown agent", true}},
  };
}

std::vector<Example<AgentRecord>> agent_records() {
  return {
      {"trial_started", TrialStarted{kAttempt, kSomeTime, subject(), {}, environment()}},
      {"phase_finished",
       PhaseFinished{kAttempt, Phase::verify, 2, nanoseconds(5), "24 blobs read and verified"}},
      {"iteration_finished", IterationFinished{kAttempt, measured_iteration()}},
      {"iteration_not_run", IterationFinished{kAttempt, unmeasured_iteration()}},
      {"artifact_chunk", ArtifactChunk{kAttempt, 3, "samples.csv", 1024, true, every_byte()}},
      {"trial_finished", TrialFinished{kAttempt, kSomeTime, {OutcomeKind::complete, "", ""}}},
      {"wire_observed", WireObserved{kAttempt, {OutcomeKind::complete, "", ""}, observation()}},
  };
}

std::vector<Example<CoordinatorRecord>> coordinator_records() {
  return {
      {"campaign_started",
       CampaignStarted{kCampaign, kSomeTime, "name = \"small\"\n", "{}", "695e91b-dirty"}},
      {"trial_leased", TrialLeased{kAttempt, AgentName{"lane-1"}, kBoot, kSomeTime}},
      {"attempt_lost", AttemptLost{kAttempt, kSomeTime, "lane-1 was silent for 10 s"}},
      {"campaign_finished", CampaignFinished{kSomeTime, true, "interrupted"}},
  };
}

}  // namespace ocibench::testing_support
