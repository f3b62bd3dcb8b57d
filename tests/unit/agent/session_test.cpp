#include "agent/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using protocol::Heartbeat;
using protocol::Hello;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const CampaignId kCampaign("c");
const BootId kBoot("b");

template <class T>
std::vector<T> only(const Actions& actions) {
  std::vector<T> found;
  for (const Action& action : actions) {
    if (const auto* wanted = std::get_if<T>(&action)) {
      found.push_back(*wanted);
    }
  }
  return found;
}

template <class T>
std::vector<T> messages(const Actions& actions) {
  std::vector<T> found;
  for (const Send& send : only<Send>(actions)) {
    if (const auto* wanted = std::get_if<T>(&send.message)) {
      found.push_back(*wanted);
    }
  }
  return found;
}

std::vector<std::uint64_t> sent_seqs(const Actions& actions) {
  std::vector<std::uint64_t> seqs;
  for (const SendRecord& record : only<SendRecord>(actions)) {
    seqs.push_back(record.seq);
  }
  return seqs;
}

protocol::Assign assign(std::uint32_t attempt = 1) {
  return {kBoot,
          Assignment{.campaign = kCampaign, .trial = {.id = TrialId("t")}, .attempt = attempt}};
}

PhaseFinished phase() { return {.id = {TrialId("t"), 1}}; }

TrialFinished done() { return {.id = {TrialId("t"), 1}}; }

class Desk {
 public:
  explicit Desk(std::vector<SpooledStream> spooled = {},
                milliseconds orphan_after = milliseconds(0))
      : session({.name = AgentName("one"), .boot = kBoot, .orphan_after = orphan_after},
                std::move(spooled)) {
    session.start(time);
  }
  Actions welcome(std::uint64_t next_seq = 0, const CampaignId& campaign = kCampaign) {
    return session.on_message(
        protocol::Welcome{.campaign = campaign, .boot = kBoot, .next_seq = next_seq}, time);
  }
  Actions give(const protocol::CoordinatorMessage& message) {
    return session.on_message(message, time);
  }
  Actions pass(milliseconds duration) {
    time += duration;
    return session.on_tick(time);
  }
  Actions record(const AgentRecord& record) { return session.on_record(record, time); }

  MonoTime time{seconds(100)};
  Session session;
};

TEST(Session, SaysHelloUntilItIsWelcomed) {
  Desk desk;
  EXPECT_EQ(messages<Hello>(desk.pass(milliseconds(500))).size(), 1U);
  EXPECT_EQ(messages<Hello>(desk.pass(milliseconds(500))).size(), 1U);
  desk.welcome();
  EXPECT_THAT(messages<Hello>(desk.pass(milliseconds(500))), IsEmpty());
}

TEST(Session, TriesAnotherConnectionAtGrowingIntervalsWhenNobodyAnswers) {
  Desk desk;
  std::vector<int> tried_after_s;
  for (int second = 1; second <= 90; ++second) {
    if (!only<Reconnect>(desk.pass(seconds(1))).empty()) {
      tried_after_s.push_back(second);
    }
  }
  EXPECT_THAT(tried_after_s, ElementsAre(5, 15, 35, 65));
}

TEST(Session, KeepsItsConnectionWhileTheCoordinatorAnswers) {
  Desk desk;
  desk.welcome();
  for (int second = 1; second <= 90; ++second) {
    EXPECT_THAT(only<Reconnect>(desk.pass(seconds(1))), IsEmpty());
    desk.give(protocol::HeartbeatReply{.boot = kBoot});
  }
}

TEST(Session, IsDeafToWhatIsMeantForAnotherProcessOfItsName) {
  Desk desk;
  desk.welcome();
  protocol::Assign assigned = assign();
  assigned.boot = BootId("twin");
  EXPECT_THAT(desk.give(assigned), IsEmpty());
  EXPECT_THAT(desk.give(protocol::Dismiss{.boot = BootId("twin"), .refused = true}), IsEmpty());
  EXPECT_THAT(desk.give(protocol::HeartbeatReply{.boot = BootId("twin")}), IsEmpty());
  EXPECT_EQ(only<Exit>(desk.give(protocol::Dismiss{.boot = kBoot, .refused = true})).size(), 1U);
}

TEST(Session, LeavesALinkOnWhichItIsOnlySpokenTo) {
  Desk desk;
  desk.welcome();
  int reconnects = 0;
  for (int second = 1; second <= 6; ++second) {
    reconnects += static_cast<int>(only<Reconnect>(desk.pass(seconds(1))).size());
    desk.give(assign());
  }
  EXPECT_EQ(reconnects, 1);
}

TEST(Session, StartsAnAssignmentOnceHoweverOftenItComes) {
  Desk desk;
  desk.welcome();
  EXPECT_EQ(only<StartTrial>(desk.give(assign())).size(), 1U);
  EXPECT_THAT(only<StartTrial>(desk.give(assign())), IsEmpty());
  desk.record(done());
  EXPECT_THAT(only<StartTrial>(desk.give(assign())), IsEmpty());
  EXPECT_EQ(only<StartTrial>(desk.give(assign(2))).size(), 1U);
}

TEST(Session, SaysThatItIsReadyUntilItIsToldWhenToBegin) {
  Desk desk;
  desk.welcome();
  const auto assigned = assign();
  desk.give(assigned);
  desk.session.on_status(Phase::measure, 2);
  const auto said = messages<Heartbeat>(desk.session.on_ready(desk.time));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].ready);
  EXPECT_EQ(said[0].iteration, 2U);
  EXPECT_TRUE(messages<Heartbeat>(desk.pass(seconds(1))).at(0).ready);

  protocol::Begin begin{.id = {assigned.assignment.trial.id, 1}, .iteration = 1};
  EXPECT_THAT(only<BeginRun>(desk.give(begin)), IsEmpty()) << "that was the iteration before";
  begin.iteration = 2;
  EXPECT_EQ(only<BeginRun>(desk.give(begin)).size(), 1U);
  EXPECT_THAT(only<BeginRun>(desk.give(begin)), IsEmpty()) << "only once";
  EXPECT_FALSE(messages<Heartbeat>(desk.pass(seconds(1))).at(0).ready);
}

TEST(Session, SpoolsARecordBeforeItSendsIt) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  const Actions actions = desk.record(phase());
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Spool>(actions[0]));
  EXPECT_TRUE(std::holds_alternative<SendRecord>(actions[1]));
}

TEST(Session, KeepsRecordsWhileTheCoordinatorIsAwayAndSendsThemAfterwards) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  desk.pass(seconds(6));  // silence: not welcome any more
  EXPECT_THAT(sent_seqs(desk.record(phase())), IsEmpty());
  EXPECT_THAT(sent_seqs(desk.record(phase())), IsEmpty());
  EXPECT_THAT(sent_seqs(desk.welcome()), ElementsAre(0, 1));
}

TEST(Session, GoesBackToTheFirstUnacknowledgedRecordAfterSilence) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  desk.record(phase());
  desk.record(phase());
  desk.give(protocol::Ack{.boot = kBoot, .next_seq = 1});
  EXPECT_THAT(sent_seqs(desk.pass(milliseconds(500))), IsEmpty());
  EXPECT_THAT(sent_seqs(desk.pass(milliseconds(600))), ElementsAre(1));
}

TEST(Session, HasAtMostAWindowUnderWay) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  std::size_t sent = 0;
  for (int i = 0; i < 40; ++i) {
    sent += sent_seqs(desk.record(phase())).size();
  }
  EXPECT_EQ(sent, Session::kWindowRecords);
  EXPECT_EQ(sent_seqs(desk.give(protocol::Ack{.boot = kBoot, .next_seq = 10})).size(), 10U);
}

TEST(Session, ForgetsOnlyWhatIsAcknowledged) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  desk.record(phase());
  const auto forgotten = only<Forget>(desk.give(protocol::Ack{.boot = kBoot, .next_seq = 1}));
  ASSERT_EQ(forgotten.size(), 1U);
  EXPECT_EQ(forgotten[0].below, 1U);
  EXPECT_THAT(only<Forget>(desk.give(protocol::Ack{.boot = kBoot, .next_seq = 9})), IsEmpty());
}

TEST(Session, IsQuietInAMeasuredWindowButForHeartbeats) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  desk.session.hold_uploads();
  EXPECT_THAT(sent_seqs(desk.record(phase())), IsEmpty());
  const Actions tick = desk.pass(milliseconds(1500));
  EXPECT_THAT(sent_seqs(tick), IsEmpty());
  EXPECT_EQ(messages<Heartbeat>(tick).size(), 1U);
  EXPECT_THAT(sent_seqs(desk.session.release_uploads(desk.time)), ElementsAre(0));
}

TEST(Session, DeliversWhatAnEarlierLifeLeftInTheSpool) {
  Desk desk({{.campaign = kCampaign, .boot = BootId("old"), .first = 3, .next = 5}});
  EXPECT_THAT(sent_seqs(desk.welcome()), ElementsAre(3, 4));
  EXPECT_FALSE(desk.session.drained());
  desk.give(protocol::Ack{.boot = BootId("old"), .next_seq = 5});
  EXPECT_TRUE(desk.session.drained());
}

TEST(Session, KeepsTheRecordsOfAnotherCampaign) {
  Desk desk({{.campaign = CampaignId("other"), .boot = BootId("old"), .first = 0, .next = 5}});
  EXPECT_THAT(sent_seqs(desk.welcome()), IsEmpty());
}

TEST(Session, StopsATrialOfAnotherCampaign) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  EXPECT_EQ(only<CancelTrial>(desk.welcome(0, CampaignId("other"))).size(), 1U);
}

TEST(Session, CancelsOnlyTheAttemptThatIsMeant) {
  Desk desk;
  desk.welcome();
  desk.give(assign(2));
  EXPECT_THAT(only<CancelTrial>(desk.give(protocol::Cancel{.id = {TrialId("t"), 1}})), IsEmpty());
  EXPECT_EQ(only<CancelTrial>(desk.give(protocol::Cancel{.id = {TrialId("t"), 2}})).size(), 1U);
}

TEST(Session, LeavesWhenItIsIdleAndAloneForTooLong) {
  Desk desk({}, seconds(10));
  EXPECT_THAT(only<Exit>(desk.pass(seconds(9))), IsEmpty());
  EXPECT_EQ(only<Exit>(desk.pass(seconds(1))).size(), 1U);
}

TEST(Session, WorksOnWhenItIsAloneWithATrial) {
  Desk desk({}, seconds(10));
  desk.welcome();
  desk.give(assign());
  EXPECT_THAT(only<Exit>(desk.pass(seconds(100))), IsEmpty());
  EXPECT_THAT(only<Exit>(desk.pass(seconds(100))), IsEmpty());
}

TEST(Session, SaysGoodbyeWhenItIsStopped) {
  Desk desk;
  desk.welcome();
  const Actions actions = desk.session.on_stop("SIGTERM");
  EXPECT_EQ(messages<protocol::Goodbye>(actions).size(), 1U);
  EXPECT_EQ(only<Exit>(actions).size(), 1U);
}

std::vector<CampaignId> kept(const Actions& actions) {
  const auto limits = only<LimitSpool>(actions);
  return limits.empty() ? std::vector<CampaignId>() : limits.front().kept;
}

TEST(Session, LimitsWhatTheSpoolKeepsOfOthersWhenItLearnsItsCampaign) {
  Desk desk;
  EXPECT_THAT(kept(desk.welcome()), ElementsAre(kCampaign));
  EXPECT_THAT(kept(desk.welcome()), IsEmpty()) << "the same campaign again";
}

TEST(Session, KeepsTheCampaignOfATrialThatStillRuns) {
  Desk desk;
  desk.welcome();
  desk.give(assign());
  EXPECT_THAT(kept(desk.welcome(0, CampaignId("other"))),
              ElementsAre(CampaignId("other"), kCampaign));
}

TEST(Session, SendsNothingOfAStreamThatWasDropped) {
  Desk desk({{.campaign = kCampaign, .boot = BootId("old"), .first = 0, .next = 2}});
  desk.session.on_dropped(kCampaign, BootId("old"));
  EXPECT_THAT(sent_seqs(desk.welcome()), IsEmpty());
}

TEST(Session, LeavesACampaignWhoseRecordsOfThisProcessWereDropped) {
  Desk desk;
  desk.welcome();
  desk.welcome(0, CampaignId("other"));
  desk.session.on_dropped(kCampaign, kBoot);
  const auto exits = only<Exit>(desk.welcome());
  ASSERT_EQ(exits.size(), 1U);
  EXPECT_TRUE(exits.front().refused);
  EXPECT_THAT(exits.front().reason, testing::HasSubstr("start this agent again"));
}

}  // namespace
}  // namespace ocibench::agent
