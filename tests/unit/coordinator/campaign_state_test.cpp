#include "coordinator/analysis/campaign_state.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using testing::HasSubstr;
using testing_support::attempt_of;
using testing_support::complete_iteration;
using testing_support::JournalBuilder;
using testing_support::make_plan;

bool has(const CampaignState& state, FindingCode code) {
  return std::ranges::count(state.findings, code, &Finding::code) > 0;
}

const AttemptId kFirst = attempt_of("skopeo", 1);
const AttemptId kSecond = attempt_of("skopeo", 2);

TEST(CampaignState, AcceptsTheAttemptThatFinished) {
  const Plan plan = make_plan({"skopeo"});
  const CampaignState state =
      replay(plan, JournalBuilder().start(plan).run(kFirst, "lane-1", 5).end().entries());
  EXPECT_TRUE(state.trials[0].accepted);
  EXPECT_EQ(state.trials[0].complete_iterations(), 5U);
  EXPECT_EQ(state.trials[0].outcome.kind, OutcomeKind::complete);
  EXPECT_TRUE(state.findings.empty());
}

TEST(CampaignState, ShowsWhatALostAttemptDidAndWhyTheRestIsMissing) {
  const Plan plan = make_plan({"skopeo"});
  const CampaignState state = replay(plan, JournalBuilder()
                                               .start(plan)
                                               .lease(kFirst, "lane-1")
                                               .begin(kFirst)
                                               .iteration(kFirst, complete_iteration(1))
                                               .iteration(kFirst, complete_iteration(2))
                                               .lose(kFirst, "silent for 10 s")
                                               .end()
                                               .entries());
  const TrialState& trial = state.trials[0];
  EXPECT_FALSE(trial.accepted);
  EXPECT_EQ(trial.complete_iterations(), 2U);
  ASSERT_EQ(trial.counted.size(), 5U);
  EXPECT_EQ(trial.counted[2].outcome.kind, OutcomeKind::lost);
  EXPECT_EQ(trial.counted[4].outcome.cause, "agent lane-1 lost: silent for 10 s");
  EXPECT_FALSE(trial.counted[4].wall);
}

TEST(CampaignState, TakesTheSecondAttemptWholeAndMergesNothing) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1");
  journal.iteration(kFirst, complete_iteration(1, std::chrono::milliseconds(1)));
  journal.lose(kFirst, "gone").run(kSecond, "lane-2", 5).end();
  const CampaignState state = replay(plan, journal.entries());
  const TrialState& trial = state.trials[0];
  EXPECT_EQ(trial.shown_attempt()->id, kSecond);
  EXPECT_EQ(trial.counted[0].wall, std::chrono::milliseconds(1700));
  EXPECT_EQ(trial.attempts[0].iterations.size(), 1U) << "what the first attempt did is kept";
  EXPECT_TRUE(has(state, FindingCode::superseded_attempt));
}

TEST(CampaignState, KeepsAnIncompleteSecondAttemptFromReplacingABetterFirst) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1");
  journal.iteration(kFirst, complete_iteration(1)).iteration(kFirst, complete_iteration(2));
  journal.lose(kFirst, "gone").lease(kSecond, "lane-2");
  journal.iteration(kSecond, complete_iteration(1)).lose(kSecond, "gone too").end();
  const TrialState trial = replay(plan, journal.entries()).trials[0];
  EXPECT_EQ(trial.shown_attempt()->id, kFirst);
  EXPECT_EQ(trial.complete_iterations(), 2U);
}

TEST(CampaignState, TakesTheLastOfEquallyFarAttempts) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1").iteration(kFirst, complete_iteration(1));
  journal.lose(kFirst, "gone").lease(kSecond, "lane-2");
  journal.iteration(kSecond, complete_iteration(1)).lose(kSecond, "gone too").end();
  EXPECT_EQ(replay(plan, journal.entries()).trials[0].shown_attempt()->id, kSecond);
}

TEST(CampaignState, KeepsLateRecordsWithoutCountingThem) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1").iteration(kFirst, complete_iteration(1));
  journal.lose(kFirst, "silent");
  for (std::uint32_t index = 2; index <= 5; ++index) {
    journal.iteration(kFirst, complete_iteration(index));
  }
  const CampaignState state = replay(plan, journal.finish(kFirst).end().entries());
  const TrialState& trial = state.trials[0];
  EXPECT_FALSE(trial.accepted);
  EXPECT_EQ(trial.complete_iterations(), 1U);
  EXPECT_EQ(trial.attempts[0].iterations.size(), 5U);
  EXPECT_EQ(trial.attempts[0].late_records, 5U);
  EXPECT_TRUE(has(state, FindingCode::late_record));
}

TEST(CampaignState, SaysWhyATrialWasNeverLeased) {
  const Plan plan = make_plan({"skopeo"});
  const CampaignState state =
      replay(plan, JournalBuilder().start(plan).end({.reason = "no agent has crane"}).entries());
  EXPECT_EQ(state.trials[0].outcome.kind, OutcomeKind::not_run);
  EXPECT_THAT(state.trials[0].outcome.cause, HasSubstr("no agent has crane"));
}

TEST(CampaignState, CarriesTheCauseOfATrialThatEndedEarly) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1");
  journal.finish(kFirst, {OutcomeKind::failed, "the registry did not start"}).end();
  const TrialState trial = replay(plan, journal.entries()).trials[0];
  EXPECT_EQ(trial.outcome.kind, OutcomeKind::failed);
  EXPECT_EQ(trial.counted[0].outcome.kind, OutcomeKind::not_run);
  EXPECT_THAT(trial.counted[0].outcome.cause, HasSubstr("the registry did not start"));
}

TEST(CampaignState, FindsATrialThatEndedBadlyAfterItsIterations) {
  const Plan plan = make_plan({"skopeo"}, 1);
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1").iteration(kFirst, complete_iteration(1));
  journal.finish(kFirst, {OutcomeKind::failed, "the registry did not stop"}).end();
  const CampaignState state = replay(plan, journal.entries());
  EXPECT_EQ(state.trials[0].complete_iterations(), 1U);
  EXPECT_TRUE(has(state, FindingCode::untidy_end));
}

TEST(CampaignState, SetsAsideRecordsOfATrialThatIsNotInThePlan) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).run(kFirst, "lane-1", 5).run(attempt_of("stranger"), "lane-2", 5).end();
  const CampaignState state = replay(plan, journal.entries());
  EXPECT_EQ(state.trials.size(), 1U);
  EXPECT_EQ(std::ranges::count(state.findings, FindingCode::unknown_trial, &Finding::code), 1);
}

TEST(CampaignState, SetsAsideRecordsOfAnAgentThatDoesNotHoldTheLease) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1");
  journal.tell("lane-2", IterationFinished{kFirst, complete_iteration(1)}).end();
  const CampaignState state = replay(plan, journal.entries());
  EXPECT_EQ(state.trials[0].complete_iterations(), 0U);
  EXPECT_TRUE(has(state, FindingCode::foreign_record));
}

TEST(CampaignState, FindsAGapInAStream) {
  const Plan plan = make_plan({"skopeo"});
  auto entries = JournalBuilder().start(plan).run(kFirst, "lane-1", 5).end().entries();
  entries.erase(entries.begin() + 4);
  EXPECT_TRUE(has(replay(plan, entries), FindingCode::journal_gap));
}

TEST(CampaignState, DoesNotBelieveAClaimThatItsProofContradicts) {
  const Plan plan = make_plan({"skopeo"}, 3);
  Iteration wrong = complete_iteration(2);
  wrong.verification->blobs_found = 3;
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1").iteration(kFirst, complete_iteration(1));
  journal.iteration(kFirst, wrong).iteration(kFirst, complete_iteration(3)).finish(kFirst).end();
  const CampaignState state = replay(plan, journal.entries());
  EXPECT_EQ(state.trials[0].counted[1].outcome.kind, OutcomeKind::invalid);
  EXPECT_EQ(state.trials[0].complete_iterations(), 2U);
  EXPECT_TRUE(has(state, FindingCode::contradiction));
}

TEST(CampaignState, FindsAFinishThatClaimsMoreThanWasReported) {
  const Plan plan = make_plan({"skopeo"});
  const CampaignState state =
      replay(plan, JournalBuilder().start(plan).run(kFirst, "lane-1", 4).end().entries());
  EXPECT_EQ(state.trials[0].complete_iterations(), 4U);
  EXPECT_TRUE(has(state, FindingCode::contradiction));
}

TEST(CampaignState, CountsAnIterationThatIsReportedTwiceOnce) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).lease(kFirst, "lane-1");
  journal.iteration(kFirst, complete_iteration(1)).iteration(kFirst, complete_iteration(1));
  journal.iteration(kFirst, complete_iteration(6)).end();
  const CampaignState state = replay(plan, journal.entries());
  EXPECT_EQ(state.trials[0].complete_iterations(), 1U);
  EXPECT_EQ(std::ranges::count(state.findings, FindingCode::contradiction, &Finding::code), 2);
}

}  // namespace
}  // namespace ocibench::coordinator
