#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using protocol::Assign;
using protocol::Cancel;
using protocol::Dismiss;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

TrialFinished finished(const AttemptId& id) {
  return {.id = id, .outcome = {.kind = OutcomeKind::complete}};
}

TEST(Dispatcher, GivesTheFirstTrialToTheFirstAgent) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  const auto assigned = desk.sent<Assign>();
  ASSERT_EQ(assigned.size(), 1U);
  EXPECT_EQ(assigned[0].second.assignment.trial.id, TrialId("cold/skopeo/r1"));
  EXPECT_EQ(assigned[0].second.assignment.attempt, 1U);
}

TEST(Dispatcher, GivesEachToolALaneOfItsOwn) {
  Desk desk(plan_of({"skopeo", "crane"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  EXPECT_EQ(desk.sent<Assign>()[0].second.assignment.trial.tool, "crane");
  // Both are busy; the next tool of lane one is skopeo again, never crane while lane two lives.
  desk.record(kOne, "b1", 0, finished(attempt("cold/skopeo/r1", 1)));
  EXPECT_THAT(desk.sent<Assign>(), IsEmpty());
}

TEST(Dispatcher, RunsEveryToolOnOneLaneOneAfterAnother) {
  Desk desk(plan_of({"skopeo", "null"}));
  desk.hello(kOne, "b1");
  desk.record(kOne, "b1", 0, finished(attempt("cold/skopeo/r1", 1)));
  ASSERT_EQ(desk.sent<Assign>().size(), 1U);
  desk.record(kOne, "b1", 1, finished(attempt("cold/null/r1", 1)));
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_EQ(desk.finish()->reason, "");
}

std::vector<std::string> warnings(const Desk& desk) {
  std::vector<std::string> texts;
  for (const Action& action : desk.all) {
    const auto* notice = std::get_if<Notice>(&action);
    if (notice != nullptr && notice->level == Notice::Level::warning) {
      texts.push_back(notice->text);
    }
  }
  return texts;
}

TEST(Dispatcher, NamesASilentAgentWithinThreeHeartbeatsAndOnce) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.pass(seconds(2));
  EXPECT_THAT(warnings(desk), IsEmpty());
  desk.pass(seconds(1));
  EXPECT_THAT(warnings(desk),
              testing::ElementsAre("agent one is silent; it is given up after 10 s"));
  desk.pass(seconds(1));
  EXPECT_EQ(warnings(desk).size(), 1U);
  desk.beat(kOne, "b1");
  desk.pass(seconds(3));
  EXPECT_EQ(warnings(desk).size(), 2U) << "it was heard of in between";
}

Plan plan_for(const PlannedAgents& agents) {
  Plan plan = plan_of({"skopeo", "crane"});
  plan.agents = agents;
  return plan;
}

TEST(Dispatcher, HandsNothingOutBeforeTheExpectedAgentsAreThere) {
  Desk desk(plan_for({.expected = 2, .minimum = 2}));
  desk.hello(kOne, "b1");
  EXPECT_THAT(desk.sent<Assign>(), IsEmpty());
  desk.hello(kTwo, "b2");
  EXPECT_EQ(desk.sent<Assign>().size(), 2U);
}

TEST(Dispatcher, BeginsWithTheMinimumWhenItHasWaited) {
  Desk desk(plan_for({.expected = 2, .minimum = 1}));
  desk.hello(kOne, "b1");
  for (int second = 0; second < 59; ++second) {
    desk.pass(seconds(1));
    desk.beat(kOne, "b1");
    ASSERT_THAT(desk.sent<Assign>(), IsEmpty()) << second;
  }
  desk.pass(seconds(1));
  EXPECT_EQ(desk.sent<Assign>().size(), 1U);
}

TEST(Dispatcher, EndsWhenFewerThanTheMinimumCome) {
  Desk desk(plan_for({.expected = 2, .minimum = 2}));
  desk.hello(kOne, "b1");
  for (int second = 0; second < 60; ++second) {
    desk.pass(seconds(1));
    desk.beat(kOne, "b1");
  }
  desk.pass(seconds(1));
  ASSERT_TRUE(desk.finish());
  EXPECT_EQ(desk.finish()->reason, "1 of the 2 agents that this campaign needs came within 60 s");
}

TEST(Dispatcher, LetsAgentsThatShareAQuotaTakeTurns) {
  Desk desk(plan_for({.at_a_time = 1}));
  desk.hello(kOne, "b1");
  EXPECT_EQ(desk.sent<Assign>().size(), 1U);
  desk.hello(kTwo, "b2");
  EXPECT_THAT(desk.sent<Assign>(), IsEmpty());
  desk.record(kOne, "b1", 0, finished(attempt("cold/skopeo/r1", 1)));
  const auto next = desk.sent<Assign>();
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next.front().first, kTwo);
}

TEST(Dispatcher, AcknowledgesOnlyWhatIsContiguous) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  const PhaseFinished phase{.id = attempt("cold/skopeo/r1", 1)};
  desk.record(kOne, "b1", 1, phase);  // 0 was lost
  EXPECT_EQ(desk.sent<protocol::Ack>()[0].second.next_seq, 0U);
  desk.record(kOne, "b1", 0, phase);
  EXPECT_EQ(desk.sent<protocol::Ack>()[0].second.next_seq, 1U);
  desk.record(kOne, "b1", 0, phase);  // a duplicate: acknowledged again, not stored again
  EXPECT_EQ(desk.sent<protocol::Ack>()[0].second.next_seq, 1U);
  EXPECT_EQ(desk.last.size(), 1U);
}

TEST(Dispatcher, StoresARecordBeforeItAcknowledgesIt) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.record(kOne, "b1", 0, PhaseFinished{.id = attempt("cold/skopeo/r1", 1)});
  ASSERT_EQ(desk.last.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Append>(desk.last[0]));
  EXPECT_TRUE(std::holds_alternative<Send>(desk.last[1]));
}

TEST(Dispatcher, GivesALostAgentsAssignmentToAnother) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  for (int i = 0; i < 2; ++i) {
    desk.pass(seconds(8));
    desk.beat(kTwo, "b2");
  }
  desk.pass(seconds(1));
  bool second = false;
  for (const Action& action : desk.all) {
    const auto* send = std::get_if<Send>(&action);
    const auto* assign = send == nullptr ? nullptr : std::get_if<Assign>(&send->message);
    second |= assign != nullptr && send->to == kTwo && assign->assignment.attempt == 2;
  }
  EXPECT_TRUE(second);
}

TEST(Dispatcher, EndsWithTheCauseWhenTheOnlyAgentIsGone) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.keep(desk.dispatcher.on_agent_exit(kOne, "the process of agent one ended", desk.now()));
  EXPECT_FALSE(desk.finish().has_value());
  desk.pass(seconds(61));
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_THAT(desk.finish()->reason, HasSubstr("the process of agent one ended"));
}

TEST(Dispatcher, GivesUpWhenNoAgentComes) {
  Desk desk(plan_of({"skopeo"}));
  desk.pass(seconds(59));
  EXPECT_FALSE(desk.finish().has_value());
  desk.pass(seconds(1));
  EXPECT_EQ(desk.finish()->reason, "no agent came within 60 s");
}

TEST(Dispatcher, SaysWhyATrialFindsNoAgent) {
  Desk desk(plan_of({"skopeo"}));
  desk.send(kOne, protocol::Hello{.agent = kOne,
                                  .boot = BootId("b1"),
                                  .tools = {{.name = "skopeo",
                                             .definition_sha256 = "skopeo-sha",
                                             .usable = false,
                                             .reason = "not on PATH"}}});
  for (int i = 0; i < 7; ++i) {
    desk.pass(seconds(9));
    desk.beat(kOne, "b1");
  }
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_EQ(desk.finish()->reason, "agent one cannot run skopeo: not on PATH");
}

TEST(Dispatcher, RefusesADefinitionThatDiffers) {
  Desk desk(plan_of({"skopeo"}));
  desk.send(kOne, protocol::Hello{
                      .agent = kOne,
                      .boot = BootId("b1"),
                      .tools = {{.name = "skopeo", .definition_sha256 = "other", .usable = true}}});
  EXPECT_THAT(desk.sent<Assign>(), IsEmpty());
}

TEST(Dispatcher, CancelsAnAttemptThatItGaveUp) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.pass(seconds(11));
  desk.hello(kOne, "b1", attempt("cold/skopeo/r1", 1));
  EXPECT_EQ(desk.sent<Cancel>()[0].second.id, attempt("cold/skopeo/r1", 1));
}

TEST(Dispatcher, StoresALateResultWithoutAcceptingIt) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  desk.keep(desk.dispatcher.on_agent_exit(kOne, "gone", desk.now()));
  desk.hello(kOne, "b1");
  desk.record(kOne, "b1", 0, finished(attempt("cold/skopeo/r1", 1)));
  EXPECT_TRUE(std::holds_alternative<Append>(desk.last.front()));
  EXPECT_FALSE(desk.finish().has_value());
  desk.record(kTwo, "b2", 0, finished(attempt("cold/skopeo/r1", 2)));
  EXPECT_TRUE(desk.finish().has_value());
}

TEST(Dispatcher, TurnsTheElderOfTwoAgentsOfOneNameAway) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kOne, "b2");
  desk.hello(kOne, "b1");
  ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  EXPECT_TRUE(desk.sent<Dismiss>()[0].second.refused);
  EXPECT_EQ(desk.sent<Dismiss>()[0].second.boot, BootId("b1")) << "or the newer one may take it";
}

TEST(Dispatcher, RepeatsAnAssignmentUntilTheAgentShowsThatItHasIt) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.pass(seconds(2));
  EXPECT_EQ(desk.sent<Assign>().size(), 1U);
  desk.send(kOne,
            protocol::Heartbeat{.boot = BootId("b1"), .running = attempt("cold/skopeo/r1", 1)});
  desk.pass(seconds(2));
  EXPECT_THAT(desk.sent<Assign>(), IsEmpty());
}

TEST(Dispatcher, TakesATrialAwayWhenItsLeaseRunsOut) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  for (int i = 0; i < 14; ++i) {  // 30 s + 5 x 20 s
    desk.pass(seconds(10));
    desk.send(kOne,
              protocol::Heartbeat{.boot = BootId("b1"), .running = attempt("cold/skopeo/r1", 1)});
  }
  bool cancelled = false;
  for (const Action& action : desk.all) {
    const auto* send = std::get_if<Send>(&action);
    cancelled |= send != nullptr && std::holds_alternative<Cancel>(send->message);
  }
  EXPECT_TRUE(cancelled);
}

TEST(Dispatcher, GivesATrialUpAfterItsLastAttempt) {
  Plan plan = plan_of({"skopeo"});
  plan.limits.max_attempts = 2;
  Desk desk(plan);
  desk.hello(kOne, "b1");
  desk.hello(kOne, "b2");
  desk.hello(kOne, "b3");
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_EQ(desk.dispatcher.view()[0].status, Dispatcher::TrialStatus::done);
}

TEST(Dispatcher, MakesAnAgentItOnlyKnowsFromTheJournalSayHello) {
  Dispatcher restored(CampaignId("c"), plan_of({"skopeo", "null"}));
  restored.restore({.seq = 0, .body = CoordinatorRecord(CampaignStarted{})});
  restored.restore({.seq = 1,
                    .body = CoordinatorRecord(TrialLeased{
                        .id = attempt("cold/skopeo/r1", 1), .agent = kOne, .boot = BootId("b1")})});
  const Now now{MonoTime(seconds(5)), WallTime(seconds(5))};
  restored.start({}, now);
  const protocol::Heartbeat beat{.boot = BootId("b1"), .running = attempt("cold/skopeo/r1", 1)};
  EXPECT_THAT(restored.on_message(kOne, beat, now), IsEmpty());
}

TEST(Dispatcher, StopsCleanlyOnTheFirstInterruptAndAtOnceOnTheSecond) {
  Desk desk(plan_of({"skopeo", "null"}));
  desk.hello(kOne, "b1");
  desk.keep(desk.dispatcher.on_interrupt(desk.now()));
  EXPECT_EQ(desk.sent<Cancel>().size(), 1U);
  EXPECT_FALSE(desk.finish().has_value());
  desk.keep(desk.dispatcher.on_interrupt(desk.now()));
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_TRUE(desk.finish()->interrupted);
}

TEST(Dispatcher, EndsAnInterruptedCampaignWhenTheAgentHasStopped) {
  Desk desk(plan_of({"skopeo", "null"}));
  desk.hello(kOne, "b1");
  desk.keep(desk.dispatcher.on_interrupt(desk.now()));
  desk.record(kOne, "b1", 0, TrialFinished{.id = attempt("cold/skopeo/r1", 1)});
  ASSERT_TRUE(desk.finish().has_value());
  EXPECT_TRUE(desk.finish()->interrupted);
}

TEST(Dispatcher, EndsAtTheCampaignsDeadlineWhateverHappens) {
  Desk desk(plan_of({"skopeo"}));
  for (int i = 0; i < 130 && !desk.finish(); ++i) {
    desk.hello(kOne, "b1", attempt("cold/skopeo/r1", 1));
    desk.pass(seconds(8));
  }
  ASSERT_TRUE(desk.finish().has_value());
}

TEST(Dispatcher, DismissesAnAgentThatSendsABrokenRecord) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.send(kOne,
            protocol::RecordMessage{
                .campaign = CampaignId("c"), .boot = BootId("b1"), .seq = 0, .payload = "rubbish"});
  EXPECT_TRUE(desk.sent<Dismiss>()[0].second.refused);
}

}  // namespace
}  // namespace ocibench::coordinator
