#include "coordinator/dispatch/dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/codec.hpp"

namespace ocibench::coordinator {
namespace {

using protocol::Assign;
using protocol::Cancel;
using protocol::Dismiss;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

const AgentName kOne("one");
const AgentName kTwo("two");

Plan plan_of(const std::vector<std::string>& tools) {
  Plan plan;
  plan.scenarios = {{.name = "cold"}};
  plan.limits.campaign_deadline = seconds(1000);
  for (const std::string& tool : tools) {
    plan.tools.push_back({.name = tool, .definition_sha256 = tool + "-sha"});
    plan.trials.push_back({.id = TrialId("cold/" + tool + "/r1"),
                           .scenario = "cold",
                           .tool = tool,
                           .lane = static_cast<std::uint32_t>(plan.trials.size() + 1),
                           .iteration_timeout = seconds(20),
                           .overhead_timeout = seconds(30)});
  }
  return plan;
}

/// A dispatcher, its time, and what it wanted done.
class Desk {
 public:
  explicit Desk(Plan plan) : plan_(plan), dispatcher(CampaignId("c"), std::move(plan)) {
    keep(dispatcher.start(CampaignStarted{.campaign = CampaignId("c")}, now()));
  }

  void hello(const AgentName& agent, const std::string& boot,
             std::optional<AttemptId> running = {}) {
    protocol::Hello hello{.agent = agent, .boot = BootId(boot), .running = std::move(running)};
    for (const PlannedTool& tool : plan_.tools) {
      hello.tools.push_back(
          {.name = tool.name, .definition_sha256 = tool.definition_sha256, .usable = true});
    }
    send(agent, hello);
  }
  void record(const AgentName& agent, const std::string& boot, std::uint64_t seq,
              const AgentRecord& record) {
    send(agent, protocol::RecordMessage{.campaign = CampaignId("c"),
                                        .boot = BootId(boot),
                                        .seq = seq,
                                        .payload = protocol::encode_record(record)});
  }
  void beat(const AgentName& agent, const std::string& boot) {
    send(agent, protocol::Heartbeat{.boot = BootId(boot)});
  }
  void send(const AgentName& agent, const protocol::AgentMessage& message) {
    keep(dispatcher.on_message(agent, message, now()));
  }
  void pass(seconds time) {
    time_ += time;
    keep(dispatcher.on_tick(now()));
  }
  void keep(Actions actions) {
    last = std::move(actions);
    for (const Action& action : last) {
      all.push_back(action);
    }
  }
  [[nodiscard]] Now now() const { return {MonoTime(time_), WallTime(seconds(1'000'000))}; }

  /// Messages of one kind in the last batch of actions.
  template <class T>
  [[nodiscard]] std::vector<std::pair<AgentName, T>> sent() const {
    std::vector<std::pair<AgentName, T>> found;
    for (const Action& action : last) {
      if (const auto* message = std::get_if<Send>(&action)) {
        if (const auto* body = std::get_if<T>(&message->message)) {
          found.emplace_back(message->to, *body);
        }
      }
    }
    return found;
  }
  [[nodiscard]] std::optional<Finish> finish() const {
    for (const Action& action : all) {
      if (const auto* finish = std::get_if<Finish>(&action)) {
        return *finish;
      }
    }
    return std::nullopt;
  }

 private:
  Plan plan_;
  seconds time_{100};

 public:
  Dispatcher dispatcher;
  Actions last;
  Actions all;
};

AttemptId attempt(const std::string& trial, std::uint32_t number) {
  return {TrialId(trial), number};
}

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

Plan plan_that_starts_together(const std::vector<std::string>& tools) {
  Plan plan = plan_of(tools);
  plan.scenarios[0].steps.start = Start::together;
  return plan;
}

/// The agent of that name and boot has everything prepared for an iteration of its trial.
protocol::Heartbeat ready(const std::string& boot, const AttemptId& running,
                          std::uint32_t iteration) {
  return {.boot = BootId(boot), .running = running, .iteration = iteration, .ready = true};
}

TEST(DispatcherStarts, WaitForTheLastOfTheRoundAndBeginAtOneMoment) {
  Desk desk(plan_that_starts_together({"a", "b"}));
  desk.hello(kOne, "x");
  desk.hello(kTwo, "y");
  desk.send(kOne, ready("x", attempt("cold/a/r1", 1), 1));
  EXPECT_THAT(desk.sent<protocol::Begin>(), IsEmpty());
  desk.pass(seconds(1));
  EXPECT_THAT(desk.sent<protocol::Begin>(), IsEmpty());
  desk.send(kTwo, ready("y", attempt("cold/b/r1", 1), 1));
  const auto begun = desk.sent<protocol::Begin>();
  ASSERT_EQ(begun.size(), 2U);
  EXPECT_EQ(begun[0].second.at, begun[1].second.at);
  EXPECT_EQ(begun[0].second.at, desk.now().wall + Dispatcher::kStartMargin);
  EXPECT_EQ(begun[1].second.together, 2U);
}

TEST(DispatcherStarts, RepeatWhatWasLostOnTheWay) {
  Desk desk(plan_that_starts_together({"a"}));
  desk.hello(kOne, "x");
  desk.send(kOne, ready("x", attempt("cold/a/r1", 1), 1));
  const auto first = desk.sent<protocol::Begin>();
  desk.send(kOne, ready("x", attempt("cold/a/r1", 1), 1));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(desk.sent<protocol::Begin>(), first);
}

TEST(DispatcherStarts, DoNotWaitForWhomNobodyRuns) {
  Desk desk(plan_that_starts_together({"a", "b"}));
  desk.hello(kOne, "x");
  desk.send(kOne, ready("x", attempt("cold/a/r1", 1), 1));
  const auto begun = desk.sent<protocol::Begin>();
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].second.together, 1U);
  EXPECT_EQ(begun[0].second.of, 2U);
}

TEST(DispatcherStarts, DoNotWaitForALaneThatIsLost) {
  Desk desk(plan_that_starts_together({"a", "b"}));
  desk.hello(kOne, "x");
  desk.hello(kTwo, "y");
  desk.send(kOne, ready("x", attempt("cold/a/r1", 1), 1));
  desk.send(kTwo, protocol::Goodbye{.boot = BootId("y"), .reason = "tired"});
  desk.pass(seconds(1));
  EXPECT_EQ(desk.sent<protocol::Begin>().size(), 1U);
}

}  // namespace
}  // namespace ocibench::coordinator
