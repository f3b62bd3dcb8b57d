// A trial whose target is there already.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/trial/sync_trial_fixture.hpp"

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RemoteTargetTest : public SyncTrialTest {
 protected:
  RemoteTargetTest() {
    assignment.campaign = CampaignId("20261122T044512Z-0a1b2c");
    assignment.trial.iterations = 2;
    assignment.registry.target = {
        .kind = TargetKind::remote, .host = "r.example", .prefix = "team/bench"};
  }
};

TEST_F(RemoteTargetTest, HasANamespaceOfItsOwnForEachIterationAndIsCleanedUpAfterIt) {
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::complete) << outcome().cause;
  EXPECT_THAT(phases(),
              ElementsAre("setup", "prewarm", "populate 1", "measure 1", "verify 1", "teardown 1",
                          "populate 2", "measure 2", "verify 2", "teardown 2", "teardown"));
  const std::string mine = "team/bench/20261122t044512z-0a1b2c/cold-copier-r1-a1-i";
  EXPECT_THAT(remotes.prefixes, ElementsAre(mine + "1", mine + "2"));
  EXPECT_EQ(remotes.repositories, remotes.removed);
  EXPECT_EQ(remotes.repositories.size(), 4U);
  EXPECT_EQ(registries.starts, 1) << "the source";
  EXPECT_EQ(runner.commands[0].argv.back(), "r.example/" + mine + "1");
}

TEST_F(RemoteTargetTest, IsCleanedUpInBothNamespacesWhereAScenarioHasTwo) {
  assignment.trial.iterations = 1;
  assignment.steps = {.populate = Populate::corpus, .destination = Destination::other};
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::complete) << outcome().cause;
  EXPECT_EQ(remotes.repositories.size(), 4U);
  EXPECT_EQ(remotes.repositories, remotes.removed);
}

TEST_F(RemoteTargetTest, IsCleanedUpAlsoWhenTheToolFails) {
  runner.script = [](std::size_t) { return ScriptedRunner::exited(1); };
  ASSERT_TRUE(run());
  EXPECT_EQ(remotes.repositories, remotes.removed);
}

TEST_F(RemoteTargetTest, IsSweptOfWhatAnAgentThatWasLostMayHaveLeft) {
  assignment.trial.iterations = 2;
  assignment.attempt = 2;
  ASSERT_TRUE(run());
  const std::string lost = "team/bench/20261122t044512z-0a1b2c/cold-copier-r1-a1-i";
  EXPECT_THAT(remotes.swept, ElementsAre(lost + "1", lost + "2"));
  EXPECT_EQ(outcome().kind, OutcomeKind::complete) << outcome().cause;
}

TEST_F(RemoteTargetTest, IsAskedBeforeAnythingIsMeasured) {
  remotes.refusal = Error{ErrorCode::unavailable, "401, wrong password"};
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome().kind, OutcomeKind::not_run);
  EXPECT_THAT(outcome().cause, HasSubstr("r.example/team/bench: 401"));
  EXPECT_THAT(runner.commands, IsEmpty());
}

TEST_F(RemoteTargetTest, MarksARunWhoseBlobsAreThereAlready) {
  ManifestInfo& manifest = assignment.lock.images[0].manifests[0];
  const std::string there = "sha256:" + std::string(64, '2');
  manifest.blobs = {{"sha256:" + std::string(64, '1'), 1}, {there, 2}};
  content.present = Presence{.blobs = {"somewhere@" + there}};
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(), ElementsAre(OutcomeKind::complete, OutcomeKind::complete));
  EXPECT_THAT(reporter.iterations().at(0).marks,
              testing::Contains(HasSubstr("not cold: the target has 1 of 2 blobs")));
}

TEST_F(RemoteTargetTest, IsNotMeasuredWhereATagIsThereAlready) {
  content.present = Presence{.manifests = {"somewhere/a:1"}};
  ASSERT_TRUE(run());
  EXPECT_THAT(kinds(), ElementsAre(OutcomeKind::invalid, OutcomeKind::invalid));
  EXPECT_THAT(reporter.iterations()[0].outcome.cause, HasSubstr("somewhere/a:1"));
  EXPECT_THAT(runner.commands, IsEmpty());
  EXPECT_EQ(remotes.repositories, remotes.removed);
}

TEST_F(RemoteTargetTest, HandsCredentialsOverInAFileForTheOwnerAlone) {
  remotes.credentials = oci::Credentials{"u", "s3cret-of-this-test", ""};
  std::filesystem::perms mode{};
  std::string text;
  runner.script = [&](std::size_t) {
    const auto file = runner.commands.back().working_directory.parent_path() / "state/config.json";
    mode = std::filesystem::status(file).permissions();
    text = read_file(file, 10'000).value_or("");
    return ScriptedRunner::exited(0);
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(text, HasSubstr("r.example"));
  const SubjectIdentity subject = reporter.all<TrialStarted>().at(0).subject;
  EXPECT_THAT(subject.command + subject.config_text, Not(HasSubstr("s3cret")));
}

TEST_F(RemoteTargetTest, IsNotReachedWhenItsAddressIsMoreThanOne) {
  for (const char* prefix : {"team\nother: {{credentials}}", "team/../other", "", "team/{{x}}"}) {
    assignment.registry.target.prefix = prefix;
    ASSERT_TRUE(run());
    EXPECT_THAT(reporter.all<TrialFinished>().back().outcome.cause,
                HasSubstr("refused: registry.target: "));
  }
  EXPECT_THAT(remotes.prefixes, IsEmpty());
  EXPECT_THAT(runner.commands, IsEmpty());
}

TEST_F(RemoteTargetTest, IsNotObserved) {
  assignment.trial.kind = TrialKind::observe;
  assignment.trial.iterations = 0;
  ASSERT_TRUE(run());
  EXPECT_THAT(outcome().cause, HasSubstr("past the recorder"));
}

}  // namespace
}  // namespace ocibench::agent
