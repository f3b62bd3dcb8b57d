// Trials with real registries, real tools and the real runner.

#include <unistd.h>

#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/oci/moved_images.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TrialRealTest : public testing::Test {
 protected:
  ~TrialRealTest() override { EXPECT_THAT(world.leftovers(), IsEmpty()); }

  TrialWorld world;
};

/// Two images whose layers have nothing in common and do not compress: every byte moves once.
CorpusSpec incompressible(std::uint64_t layer_bytes) {
  return {.name = "incompressible",
          .source = SyntheticSpec{.seed = 7,
                                  .images = 2,
                                  .layers = 2,
                                  .layer_bytes = layer_bytes,
                                  .platforms = {"linux/amd64"},
                                  .repository_prefix = "synthetic/image"}};
}

/// The digest of a layer that only the last image has.
std::string last_layer(const ResolvedCorpus& lock) {
  return lock.images.back().manifests.back().blobs.back().digest;
}

/// A duration for sleep(1) by which this test's processes can be told from anybody else's.
std::string own_sleep() { return fmt::format("87654.{}", ::getpid()); }

bool runs_somewhere(const std::string& argument) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string command =
        read_file(entry.path() / "cmdline", 1'000'000).value_or(std::string());
    if (command.find(argument) != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST_F(TrialRealTest, ProvesThatSkopeoCopiedEverything) {
  world.assignment.trial.iterations = 2;
  world.run("skopeo");
  const std::vector<Iteration> iterations = world.reporter.iterations();
  ASSERT_EQ(iterations.size(), 2U);
  for (const Iteration& iteration : iterations) {
    EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
    const Verification proof = iteration.verification.value();
    EXPECT_EQ(proof.images_found, 2U);
    EXPECT_EQ(proof.manifests_found, 6U) << "an index and two platforms each";
    EXPECT_EQ(proof.blobs_found, proof.blobs_expected);
    EXPECT_EQ(proof.bytes_proven, unique_bytes(world.lock()));
    EXPECT_GT(iteration.wall.value().count(), 0);
    EXPECT_EQ(iteration.exit_code, 0);
  }
  const TrialStarted started = world.reporter.all<TrialStarted>().at(0);
  EXPECT_THAT(started.subject.label, HasSubstr("skopeo 1."));
  EXPECT_THAT(started.subject.command, HasSubstr("TARGET/bench/r1-i1"));
  EXPECT_THAT(started.registry.version, HasSubstr("2.8"));
  EXPECT_THAT(started.registry.config_text, HasSubstr("rootdirectory: \"/dev/shm"));
  EXPECT_THAT(world.reporter.artifact("samples.csv", 2), HasSubstr("tx_bytes"));
}

// ---- scenarios with an untimed run

TEST_F(TrialRealTest, MeasuresTheSecondSyncOfAWarmTrial) {
  world.assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  world.run("skopeo");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_LT(iteration.network.value().tx_bytes, unique_bytes(world.lock()))
      << "nothing is left to be copied";
  EXPECT_THAT(world.reporter.artifact("populate-stdout.log.gz"), Not(IsEmpty()));
}

TEST_F(TrialRealTest, SaysWhenTheUntimedRunDidNotDoItsWork) {
  world.add_script("forgetful",
                   "if test -e {{state_dir}}/seen; then exit 3; fi; "
                   "touch {{state_dir}}/seen; exit 0");
  world.assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  world.run("forgetful");
  EXPECT_THAT(world.only_iteration().outcome.cause, HasSubstr("in the untimed run: "));
}

TEST_F(TrialRealTest, BringsMovedTagsUpToDateAndKeepsWhatTheyNamed) {
  const auto moved =
      oci::resolve_moved(world.assignment.corpus, world.lock(), 0.05, world.corpora).value();
  ASSERT_EQ(moved.size(), 1U);
  world.assignment.moved = moved;
  world.assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  world.assignment.trial.iterations = 2;
  world.run("skopeo");
  for (const Iteration& iteration : world.reporter.iterations()) {
    EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
    EXPECT_EQ(iteration.verification.value().images_found, 3U)
        << "two tags, and the image that one of them named before";
  }
}

TEST_F(TrialRealTest, CatchesAToolThatDoesNotSeeATagMove) {
  world.add_script("once", R"(if test -e {{state_dir}}/seen; then exit 0; fi
touch {{state_dir}}/seen
{{#images}}
skopeo --insecure-policy copy -q --all --src-tls-verify=false --dest-tls-verify=false \
  docker://{{source}}/{{repository}}:{{tag}} \
  docker://{{target}}/{{destination}}:{{tag}}
{{/images}}
)");
  world.assignment.moved =
      oci::resolve_moved(world.assignment.corpus, world.lock(), 0.05, world.corpora).value();
  world.assignment.steps = {.populate = Populate::corpus, .tool_state = ToolState::kept};
  world.run("once");
  const Outcome outcome = world.only_iteration().outcome;
  EXPECT_EQ(outcome.kind, OutcomeKind::partial);
  EXPECT_THAT(outcome.cause, HasSubstr("instead of " + world.assignment.moved[0].digest));
}

TEST_F(TrialRealTest, CopiesAgainToOtherRepositories) {
  world.assignment.steps = {.populate = Populate::corpus,
                            .tool_state = ToolState::kept,
                            .destination = Destination::other};
  world.run("skopeo");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(iteration.verification.value().images_found, 4U);
}

TEST_F(TrialRealTest, ExpectsOnePlatformOfAToolThatCopiesOneAsShipped) {
  world.assignment.comparability.work = WorkKind::tool_default;
  world.run("skopeo");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(iteration.verification.value().manifests_found, 2U) << "one platform of each image";
}

TEST_F(TrialRealTest, WorksOnTheFirstImagesOnly) {
  world.assignment.trial.images = 1;
  world.run("skopeo");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(world.only_iteration().verification.value().images_found, 1U);
}

TEST_F(TrialRealTest, CopiesOverTls) {
  world.assignment.registry.tls = true;
  world.run("skopeo");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_THAT(world.reporter.all<TrialStarted>().at(0).subject.command,
              HasSubstr("--dest-tls-verify=true"));
}

TEST_F(TrialRealTest, CopiesToARegistryOnDisk) {
  world.assignment.registry.storage = "disk";
  world.run("skopeo");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
}

TEST_F(TrialRealTest, CatchesAToolThatClaimsSuccessAndCopiesNothing) {
  world.add_script("liar", "exit 0\n");
  world.run("liar");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome.kind, OutcomeKind::invalid);
  EXPECT_EQ(iteration.verification->images_found, 0U);
  EXPECT_THAT(iteration.verification->missing.at(0),
              HasSubstr("bench/r1-i1/image-01:1: not there"));
}

TEST_F(TrialRealTest, ShowsAToolNothingOfWhatTheRegistriesStore) {
  if (world.runner.isolation().description().starts_with(kNotIsolated)) {
    GTEST_SKIP() << world.runner.isolation().description();
  }
  // The source's content is there, in a file for each blob; a tool could link them to the target's.
  world.add_script("thief",
                   "find /dev/shm/ocibench-registry-* -type f > {{state_dir}}/found 2>&1\n"
                   "if grep -q blobs {{state_dir}}/found; then exit 7; fi\n");
  world.run("thief");
  EXPECT_THAT(world.only_iteration().outcome.cause,
              HasSubstr("the tool claimed success and nothing arrived"));
}

TEST_F(TrialRealTest, CatchesASingleMissingBlob) {
  const std::string digest = last_layer(world.lock());
  world.add_script("forgetful", R"(
set -e
for image in {{#images}}{{basename}}:{{tag}} {{/images}}; do
  skopeo --insecure-policy copy -q --all --src-tls-verify=false --dest-tls-verify=false \
    docker://{{source}}/synthetic/$image docker://{{target}}/{{prefix}}/$image
done
curl -sf -X DELETE http://{{target}}/v2/{{prefix}}/image-02/blobs/)" +
                                    digest + "\n");
  world.run("forgetful");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome.kind, OutcomeKind::partial) << iteration.outcome.cause;
  const Verification proof = iteration.verification.value();
  EXPECT_EQ(proof.images_found, 1U);
  EXPECT_EQ(proof.blobs_found, proof.blobs_expected - 1);
  EXPECT_THAT(proof.missing, ElementsAre("bench/r1-i1/image-02@" + digest + ": not there"));
}

TEST_F(TrialRealTest, KeepsTheLastWordsOfAToolThatFails) {
  world.add_script("failing", "echo one >&2; echo 'level=fatal no route' >&2; exit 1\n");
  world.run("failing");
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome.kind, OutcomeKind::failed);
  EXPECT_THAT(iteration.outcome.cause, HasSubstr("exit code 1"));
  EXPECT_THAT(iteration.last_log_lines, ElementsAre("one", "level=fatal no route"));
  EXPECT_THAT(world.reporter.artifact("stderr.log.gz").size(), testing::Gt(20U));
}

TEST_F(TrialRealTest, KillsEverythingOfAToolThatHangs) {
  world.add_script("hanging", fmt::format("sleep {0} & exec sleep {0}\n", own_sleep()));
  world.assignment.trial.iteration_timeout = std::chrono::milliseconds(500);
  world.run("hanging");
  EXPECT_EQ(world.only_iteration().outcome.kind, OutcomeKind::timed_out);
  EXPECT_FALSE(runs_somewhere(own_sleep()));
}

TEST_F(TrialRealTest, ContainsAFloodOfOutput) {
  world.add_script("flood", "exec head -c 1000000000 /dev/zero\n");
  world.run("flood");
  EXPECT_EQ(world.only_iteration().outcome.kind, OutcomeKind::invalid);
  const auto chunks = world.reporter.all<ArtifactChunk>();
  const std::size_t told = std::accumulate(
      chunks.begin(), chunks.end(), std::size_t{0},
      [](std::size_t sum, const ArtifactChunk& chunk) { return sum + chunk.bytes.size(); });
  EXPECT_LT(told, 1'000'000U);
}

TEST_F(TrialRealTest, StopsInTheMiddleOfARunWhenCancelled) {
  world.add_script("hanging", fmt::format("exec sleep {}\n", own_sleep()));
  world.reporter.on_status = [this](const std::string& event) {
    if (event == "measure 1") {
      world.cancellation.request();
    }
  };
  world.run("hanging");
  EXPECT_EQ(world.only_iteration().outcome.kind, OutcomeKind::not_run);
  EXPECT_FALSE(runs_somewhere(own_sleep()));
}

TEST_F(TrialRealTest, RefusesACorpusThatIsNotAsLocked) {
  std::get<SyntheticSpec>(world.assignment.corpus.source).seed += 1;
  world.run("skopeo");
  EXPECT_THAT(world.reporter.iterations(), IsEmpty());
  EXPECT_THAT(world.reporter.all<TrialFinished>().at(0).outcome.cause, HasSubstr("tag moved"));
}

TEST_F(TrialRealTest, PullsReferencesFromTheRegistryTheyName) {
  const auto remote = world.start_registry().value();
  ASSERT_TRUE(
      oci::materialise(world.assignment.corpus, world.lock(), world.corpora, remote->endpoint()));
  const std::string host = remote->endpoint().host;
  world.use_corpus(
      {.name = "references",
       .source = ReferenceSpec{{host + "/synthetic/image-01:1", host + "/synthetic/image-02:1"}}});
  world.run("skopeo");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_THAT(world.reporter.all<TrialStarted>().at(0).registry.label, HasSubstr("2.8"));
  remote->stop();
}

/// Each in a process of its own: what enters another network cannot come back.
TEST_F(TrialRealTest, CountsEveryByteOfACopyTwiceOnLoopback) {
  if (!enter_private_network()) {
    GTEST_SKIP() << "needs root for a network namespace: others use this loopback interface too";
  }
  world.use_corpus(incompressible(10'000'000));
  world.run("skopeo");
  const Iteration iteration = world.only_iteration();
  ASSERT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete});
  const auto moved = static_cast<double>(2 * unique_bytes(world.lock()));
  EXPECT_NEAR(static_cast<double>(iteration.network->tx_bytes) / moved, 1, 0.02);
  EXPECT_EQ(iteration.network->interface, "lo");
}

}  // namespace
}  // namespace ocibench::agent
