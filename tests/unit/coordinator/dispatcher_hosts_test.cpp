#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using protocol::Assign;
using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const AgentName kThree("three");

TrialFinished end_of(const AttemptId& id) {
  return {.id = id, .outcome = {.kind = OutcomeKind::complete}};
}

/// "two: cold/b/r1" of every assignment in the last batch.
std::vector<std::string> assigned(const Desk& desk) {
  std::vector<std::string> texts;
  for (const auto& [agent, assign] : desk.sent<Assign>()) {
    texts.push_back(agent.str() + ": " + assign.assignment.trial.id.str());
  }
  return texts;
}

std::vector<std::string> notices(const Desk& desk) {
  std::vector<std::string> texts;
  for (const Action& action : desk.all) {
    if (const auto* notice = std::get_if<Notice>(&action)) {
      texts.push_back(notice->text);
    }
  }
  return texts;
}

TEST(SharedHost, LetsItsLanesTakeTurns) {
  Desk desk(plan_of({"a", "b"}));
  desk.hello_from("h", kOne, "x");
  EXPECT_THAT(assigned(desk), testing::ElementsAre("one: cold/a/r1"));
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(desk), IsEmpty());
  desk.pass(seconds(1));
  EXPECT_THAT(assigned(desk), IsEmpty());
  desk.record(kOne, "x", 0, end_of(attempt("cold/a/r1", 1)));
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/b/r1"));
}

TEST(SharedHost, IsNamedWhenItsSecondAgentComes) {
  Desk desk(plan_of({"a", "b"}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(notices(desk), Contains("agent two is on the host of one: they take turns"));
}

TEST(SharedHost, KeepsNobodyOnAnotherHostWaiting) {
  Desk desk(plan_of({"a", "b"}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("i", kTwo, "y");
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/b/r1"));
}

TEST(SharedHost, IsNoneWhereNoIdentityIsGivenAndThatIsSaid) {
  Desk desk(plan_of({"a", "b"}));
  desk.hello(kOne, "x");
  EXPECT_THAT(notices(desk), testing::Not(Contains(HasSubstr("identity")))) << "alone";
  desk.hello(kTwo, "y");
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/b/r1"));
  EXPECT_THAT(notices(desk),
              Contains("agent two gives no identity of its host: it counts as alone on it"));
}

TEST(SharedHost, RunsItsLanesAtOnceWhereTheCampaignInsists) {
  Plan plan = plan_of({"a", "b"});
  plan.agents.share_host = true;
  Desk desk(plan);
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/b/r1"));
}

TEST(SharedHost, GivesTheNextTurnToTheTrialThatComesFirstInThePlan) {
  // Two rounds of two tools, each tool in a lane of its own.
  Plan plan = plan_of({"a", "b"});
  for (const std::size_t tool : {0U, 1U}) {
    Trial trial = plan.trials[tool];
    trial.id = TrialId("cold/" + trial.tool + "/r2");
    trial.round = 2;
    plan.trials.push_back(trial);
  }
  plan.agents = {.expected = 2, .minimum = 2};
  Desk desk(plan);
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/a/r1"));
  desk.record(kTwo, "y", 0, end_of(attempt("cold/a/r1", 1)));
  EXPECT_THAT(assigned(desk), testing::ElementsAre("one: cold/b/r1")) << "not r2 of two";
  desk.record(kOne, "x", 0, end_of(attempt("cold/b/r1", 1)));
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/a/r2")) << "not r2 of one";
  desk.record(kTwo, "y", 1, end_of(attempt("cold/a/r2", 1)));
  EXPECT_THAT(assigned(desk), testing::ElementsAre("one: cold/b/r2"));
  desk.record(kOne, "x", 1, end_of(attempt("cold/b/r2", 1)));
  ASSERT_TRUE(desk.finish());
  EXPECT_EQ(desk.finish()->reason, "");
}

TEST(SharedHost, IsFreeAgainWhenTheLaneThatHeldItIsLost) {
  Desk desk(plan_of({"a", "b"}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  desk.keep(desk.dispatcher.on_agent_exit(kOne, "gone", desk.now()));
  EXPECT_THAT(assigned(desk), testing::ElementsAre("two: cold/a/r1"));
}

/// What a coordinator has left that was killed right after it gave cold/a/r1 to agent one.
std::vector<JournalEntry> journal_of_one_lease() {
  return {{.seq = 0, .body = CampaignStarted{.campaign = CampaignId("c")}},
          {.seq = 1,
           .body = TrialLeased{.id = attempt("cold/a/r1", 1), .agent = kOne, .boot = BootId("x")}}};
}

TEST(SharedHost, IsNotTakenForFreeBeforeARestoredLaneHasSaidWhereItIs) {
  Desk desk(plan_of({"a", "b"}), journal_of_one_lease());
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(desk), IsEmpty()) << "agent one may be on that host";
  desk.hello_from("i", kOne, "x", attempt("cold/a/r1", 1));
  EXPECT_THAT(assigned(desk), Contains("two: cold/b/r1"));
}

TEST(SharedHost, IsKnownFromTheJournalOfATrialThatHasBegun) {
  auto journal = journal_of_one_lease();
  TrialStarted started{.id = attempt("cold/a/r1", 1)};
  started.environment.facts[kHostIdentityFact] = "i";
  journal.push_back({.agent = kOne, .boot = BootId("x"), .seq = 0, .body = AgentRecord(started)});
  Desk elsewhere(plan_of({"a", "b"}), journal);
  elsewhere.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(elsewhere), testing::ElementsAre("two: cold/b/r1"));
  Desk here(plan_of({"a", "b"}), journal);
  here.hello_from("i", kTwo, "y");
  EXPECT_THAT(assigned(here), IsEmpty());
}

Plan plan_that_starts_at_once(const PlannedAgents& agents) {
  Plan plan = plan_of({"a", "b"});
  plan.scenarios[0].steps.start = Start::together;
  plan.agents = agents;
  return plan;
}

protocol::Heartbeat ready_for(const std::string& boot, const AttemptId& running) {
  return {.boot = BootId(boot), .running = running, .iteration = 1, .ready = true};
}

TEST(SharedHost, EndsACampaignThatWouldStartItsLanesTogether) {
  Desk desk(plan_that_starts_at_once({.expected = 2, .minimum = 2}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  EXPECT_THAT(assigned(desk), IsEmpty());
  ASSERT_TRUE(desk.finish());
  EXPECT_EQ(desk.finish()->reason,
            "in scenario cold the 2 tools of a round start together, and agents one, two are on "
            "one host, where lanes take turns: give each agent a host of its own, or set "
            "share_host = true in [agents]");
}

TEST(SharedHost, EndsNoCampaignThatHasHostsEnough) {
  Desk desk(plan_that_starts_at_once({.expected = 3, .minimum = 3}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  desk.hello_from("i", kThree, "z");
  EXPECT_FALSE(desk.finish());
  EXPECT_THAT(assigned(desk), testing::ElementsAre("three: cold/a/r1", "one: cold/b/r1"));
}

TEST(SharedHost, EndsNoCampaignThatInsists) {
  Desk desk(plan_that_starts_at_once({.expected = 2, .minimum = 2, .share_host = true}));
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  EXPECT_FALSE(desk.finish());
  EXPECT_EQ(assigned(desk).size(), 2U);
}

TEST(SharedHost, HoldsNoStartUpForALaneThatHasToWaitItsTurn) {
  Desk desk(plan_that_starts_at_once({}));  // the second comes when the first is at work
  desk.hello_from("h", kOne, "x");
  desk.hello_from("h", kTwo, "y");
  desk.send(kOne, ready_for("x", attempt("cold/a/r1", 1)));
  const auto begun = desk.sent<protocol::Begin>();
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].second.together, 1U);
  EXPECT_EQ(begun[0].second.of, 2U);
}

}  // namespace
}  // namespace ocibench::coordinator
