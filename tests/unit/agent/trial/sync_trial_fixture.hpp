#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/sync_trial.hpp"
#include "common/file.hpp"
#include "tests/support/fake_remotes.hpp"
#include "tests/support/scripted_recorder.hpp"
#include "tests/support/trial_fakes.hpp"

namespace ocibench::agent {

inline constexpr const char* kTool = R"(
schema = 1
name = "copier"
kind = "sync"
label = "copier {{version}}"
binaries = ["/bin/true"]
install.apt = "coreutils"
per = "corpus"
destination = "{{prefix}}/{{basename}}"
arguments = ["--from", "{{source}}", "{{work_dir}}/list.txt", "{{target}}/{{prefix}}"]
[version]
arguments = ["--version"]
pattern = 'copier (\d+)'
[[files]]
name = "list.txt"
text = "{{#images}}{{repository}}:{{tag}} {{/images}}"
[concurrency]
default = "one"
[exit_codes]
ok = [0]
[exit_codes.meaning]
3 = "the source is closed"
)";

inline constexpr const char* kCalibration = R"(
schema = 1
name = "idle"
kind = "calibration"
label = "idle"
binaries = ["/bin/true"]
install.apt = "coreutils"
)";

inline constexpr const char* kRegistry = R"(
schema = 1
name = "docker-registry"
kind = "registry"
label = "docker-registry {{version}}"
binaries = ["/bin/true"]
install.apt = "docker-registry"
ready_path = "/v2/"
)";

inline TemporaryDirectory make_directory() {
  return TemporaryDirectory::create(std::filesystem::temp_directory_path(), "trial-test-").value();
}

inline std::filesystem::path write_data(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "competitors");
  std::filesystem::create_directories(directory / "scenarios/corpora");
  std::ofstream(directory / "competitors/copier.toml") << kTool;
  std::ofstream(directory / "competitors/idle.toml") << kCalibration;
  std::ofstream(directory / "competitors/docker-registry.toml") << kRegistry;
  return directory;
}

inline ResolvedImage image(const std::string& repository) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  return {.repository = repository,
          .tag = "1",
          .digest = digest,
          .manifests = {{.digest = digest,
                         .media_type = "application/vnd.oci.image.manifest.v1+json",
                         .size_bytes = 100}}};
}

/// A trial whose whole world is faked.
class SyncTrialTest : public testing::Test {
 protected:
  SyncTrialTest() {
    assignment.campaign = CampaignId("campaign");
    assignment.trial = {.id = TrialId("cold/copier/r1"),
                        .scenario = "cold",
                        .tool = "copier",
                        .iterations = 3,
                        .iteration_timeout = std::chrono::seconds(60),
                        .overhead_timeout = std::chrono::seconds(600)};
    assignment.tool_definition_sha256 = catalog.tools().at("copier").program.definition_sha256;
    assignment.registry = {
        .name = "docker-registry",
        .definition_sha256 = catalog.registries().at("docker-registry").program.definition_sha256,
        .storage = "memory"};
    assignment.corpus = {
        .name = "tiny",
        .source = SyntheticSpec{.layer_bytes = 1, .repository_prefix = "synthetic/image"}};
    assignment.lock = {.name = "tiny", .images = {image("synthetic/a"), image("synthetic/b")}};
    window.network = NetworkUse{.interface = "lo", .rx_bytes = 5000, .tx_bytes = 5000};
  }

  Result<void> run() {
    SyncTrial trial({.clock = clock,
                     .catalog = catalog,
                     .subjects = subjects,
                     .runner = runner,
                     .make_sampler =
                         [this](const SamplingPlan& plan) {
                           std::ofstream(plan.artifact_directory / "samples.csv") << "t_s\n";
                           window.artifacts = {plan.artifact_directory / "samples.csv"};
                           return std::make_unique<CannedSampler>(window);
                         },
                     .registries = registries,
                     .remotes = remotes,
                     .content = content,
                     .recorder = recorder},
                    {.work_directory = directory.path(), .default_interface = "eth0"});
    return trial.run(assignment, reporter, cancellation);
  }

  [[nodiscard]] Outcome outcome() const {
    const auto finished = reporter.all<TrialFinished>();
    EXPECT_EQ(finished.size(), 1U) << "exactly one TrialFinished";
    return finished.empty() ? Outcome{} : finished.front().outcome;
  }
  [[nodiscard]] std::vector<OutcomeKind> kinds() const {
    std::vector<OutcomeKind> found;
    for (const Iteration& iteration : reporter.iterations()) {
      found.push_back(iteration.outcome.kind);
    }
    return found;
  }
  [[nodiscard]] std::vector<std::string> phases() const {
    std::vector<std::string> found;
    for (const std::string& event : reporter.events) {
      if (event != "quiet" && event != "resume") {
        found.push_back(event);
      }
    }
    return found;
  }
  void observe_only() {
    assignment.trial.kind = TrialKind::observe;
    assignment.trial.iterations = 0;
    recorder.requests =
        RecordedRequests{.source = {{.method = "GET", .target = "/v2/", .status = 200}}};
  }
  [[nodiscard]] WireObserved observed() const {
    const auto found = reporter.all<WireObserved>();
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? WireObserved{} : found.front();
  }
  void use_calibration_tool() {
    assignment.trial.tool = "idle";
    assignment.tool_definition_sha256 = catalog.tools().at("idle").program.definition_sha256;
  }

  TemporaryDirectory data = make_directory();
  TemporaryDirectory directory = make_directory();
  catalog::Catalog catalog = catalog::Catalog::load(write_data(data.path())).value();
  catalog::SubjectFinder subjects{
      {.path = "/usr/bin:/bin"},
      [](const std::vector<std::string>&) -> Result<std::string> { return "copier 7"; }};
  SteppingClock clock;
  ScriptedRunner runner;
  FakeRegistries registries;
  FakeRemotes remotes;
  FakeContent content;
  ScriptedRecorder recorder;
  RecordingReporter reporter;
  Cancellation cancellation;
  WindowReport window;
  Assignment assignment;
};

}  // namespace ocibench::agent
