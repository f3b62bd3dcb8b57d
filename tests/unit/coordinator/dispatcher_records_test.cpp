// Whose records are taken, and how many bytes of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using protocol::Ack;
using protocol::Dismiss;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kTrial = "cold/skopeo/r1";

std::size_t stored_of(const Desk& desk, const AgentName& agent) {
  return static_cast<std::size_t>(std::ranges::count_if(desk.all, [&](const Action& action) {
    const auto* append = std::get_if<Append>(&action);
    return append != nullptr && append->stream.starts_with("agent/" + agent.str() + "/");
  }));
}

std::vector<Note> notes(const Desk& desk) {
  std::vector<Note> found;
  for (const Action& action : desk.all) {
    if (const auto* note = std::get_if<Note>(&action)) {
      found.push_back(*note);
    }
  }
  return found;
}

std::size_t warnings_of(const Desk& desk) {
  return static_cast<std::size_t>(std::ranges::count_if(desk.all, [](const Action& action) {
    const auto* notice = std::get_if<Notice>(&action);
    return notice != nullptr && notice->level == Notice::Level::warning;
  }));
}

ArtifactChunk chunk_of(const std::string& trial, std::uint32_t number, std::uint64_t offset = 0) {
  return {.id = attempt(trial, number),
          .iteration = 1,
          .name = "flood",
          .offset = offset,
          .bytes = std::string(ArtifactChunk::kMaxBytes, 'x')};
}

TEST(DispatcherRecords, OfAnAgentThatWasGivenNothingAreNeverStored) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");  // holds the only trial
  desk.hello(kTwo, "b2");
  desk.record(kTwo, "b2", 0, chunk_of(kTrial, 1));
  EXPECT_EQ(stored_of(desk, kTwo), 0U);
  EXPECT_THAT(desk.sent<Ack>(), IsEmpty());
  ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  EXPECT_TRUE(desk.sent<Dismiss>()[0].second.refused);
  EXPECT_THAT(desk.sent<Dismiss>()[0].second.reason, HasSubstr("agent two sent records"));
}

TEST(DispatcherRecords, OfAnAttemptOfAnotherAgentAreRefusedAndItsOwnIsGivenToOthers) {
  Desk desk(plan_of({"skopeo", "crane"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  desk.record(kTwo, "b2", 0, TrialFinished{.id = attempt(kTrial, 1)});
  EXPECT_EQ(stored_of(desk, kTwo), 0U);
  ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  EXPECT_THAT(desk.sent<Dismiss>()[0].second.reason,
              HasSubstr("attempt 1 at cold/skopeo/r1, which it was never given"));
  EXPECT_EQ(desk.dispatcher.view()[0].status, Dispatcher::TrialStatus::leased) << "skopeo's";
  EXPECT_EQ(desk.dispatcher.view()[1].status, Dispatcher::TrialStatus::waiting) << "crane's";
}

// An agent chooses what it calls its process: it may say what another one has said.
TEST(DispatcherRecords, OfAnotherAgentAreRefusedAlsoUnderTheNameOfItsProcess) {
  Desk desk(plan_of({"skopeo", "crane"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b1");
  desk.record(kTwo, "b1", 0, TrialFinished{.id = attempt(kTrial, 1)});
  EXPECT_EQ(stored_of(desk, kTwo), 0U);
  EXPECT_EQ(desk.dispatcher.view()[0].status, Dispatcher::TrialStatus::leased);
}

struct Deviation {
  const char* what;
  const char* boot;
  const char* trial;
  std::uint32_t attempt;
};

TEST(DispatcherRecords, ThatDifferInOnePartFromTheLeaseAreRefused) {
  const Deviation deviations[] = {{"another process", "b9", kTrial, 1},
                                  {"an attempt that is not yet", "b1", kTrial, 2},
                                  {"a trial that is none", "b1", "cold/nothing/r1", 1}};
  for (const Deviation& each : deviations) {
    Desk desk(plan_of({"skopeo"}));
    desk.hello(kOne, "b1");
    desk.record(kOne, each.boot, 0, chunk_of(each.trial, each.attempt));
    EXPECT_EQ(stored_of(desk, kOne), 0U) << each.what;
    EXPECT_EQ(desk.sent<Dismiss>().size(), 1U) << each.what;
  }
}

TEST(DispatcherRecords, OfAnEarlierProcessAreRefusedUnderTheNumberOfTheNewOne) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kOne, "b2");  // attempt 2 is its own
  desk.record(kOne, "b2", 0, chunk_of(kTrial, 1));
  EXPECT_EQ(stored_of(desk, kOne), 0U);
  EXPECT_EQ(desk.sent<Dismiss>().size(), 1U);
}

TEST(DispatcherRecords, OfItsOwnAttemptAreKeptWhenItWasLost) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  desk.keep(desk.dispatcher.on_agent_exit(kOne, "gone", desk.now()));
  desk.hello(kOne, "b3");  // a new process with the spool of the old one
  desk.record(kOne, "b1", 0, chunk_of(kTrial, 1));
  EXPECT_EQ(stored_of(desk, kOne), 1U);
  EXPECT_THAT(desk.sent<Dismiss>(), IsEmpty());
}

TEST(DispatcherRecords, ATurnedAwayAgentIsNotedOnceAndRefusedFromThenOn) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.hello(kTwo, "b2");
  desk.all.clear();
  for (std::uint64_t round = 0; round < 50; ++round) {
    desk.record(kTwo, "b2", round, chunk_of(kTrial, 1));
    desk.hello(kTwo, "b2");
    ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  }
  desk.hello(kTwo, "another");
  ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  EXPECT_TRUE(desk.sent<Dismiss>()[0].second.refused);
  ASSERT_EQ(notes(desk).size(), 1U);
  EXPECT_EQ(notes(desk)[0].key, "turned away/two");
  EXPECT_EQ(warnings_of(desk), 1U) << "the log grows by what we decide, not by what it sends";
}

/// How many chunks are stored before the agent is turned away.
std::uint64_t chunks_until_refused(Desk& desk, std::uint64_t most) {
  for (std::uint64_t seq = 0; seq < most; ++seq) {
    desk.all.clear();
    desk.record(kOne, "b1", seq, chunk_of(kTrial, 1));
    if (!desk.sent<Dismiss>().empty()) {
      return seq;
    }
  }
  return most;
}

TEST(DispatcherRecords, StopAtTheBudgetOfTheAttemptWhichIsThenLost) {
  Plan plan = plan_of({"skopeo"});
  plan.trials[0].iterations = 1;
  const std::uint64_t budget = record_budget_bytes(plan.trials[0]);
  const std::uint64_t cost =
      protocol::encode_record(AgentRecord(chunk_of(kTrial, 1))).size() + kBytesAroundRecord;
  Desk desk(plan);
  desk.hello(kOne, "b1");
  ASSERT_EQ(chunks_until_refused(desk, budget / cost + 2), budget / cost);
  EXPECT_EQ(desk.dispatcher.view()[0].status, Dispatcher::TrialStatus::waiting);
  EXPECT_THAT(desk.sent<Dismiss>()[0].second.reason,
              HasSubstr("agent one sent more than 98.6 MB of records of attempt 1 at"));
  EXPECT_THAT(notes(desk)[0].text, HasSubstr("more than 98.6 MB"));
}

TEST(DispatcherRecords, HaveABudgetForWhatAnHonestAgentBrings) {
  Plan plan = plan_of({"skopeo"});
  plan.trials[0].iterations = 1;
  Desk desk(plan);
  desk.hello(kOne, "b1");
  std::uint64_t seq = 0;
  // Twice the artefacts of an iteration: of what ran before it, and of the measured run.
  for (int upload = 0; upload < 2; ++upload) {
    for (std::uint64_t offset = 0; offset < kMaxArtifactBytes;) {
      ArtifactChunk chunk = chunk_of(kTrial, 1, offset);
      chunk.bytes.resize(std::min<std::uint64_t>(chunk.bytes.size(), kMaxArtifactBytes - offset));
      offset += chunk.bytes.size();
      desk.all.clear();
      desk.record(kOne, "b1", seq++, chunk);
      ASSERT_EQ(stored_of(desk, kOne), 1U) << upload << " " << offset;
    }
  }
}

TEST(DispatcherRecords, HaveOneBudgetWhateverRestartsTheCoordinator) {
  Plan plan = plan_of({"skopeo"});
  plan.trials[0].iterations = 1;
  const std::uint64_t cost =
      protocol::encode_record(AgentRecord(chunk_of(kTrial, 1))).size() + kBytesAroundRecord;
  const std::uint64_t whole = record_budget_bytes(plan.trials[0]) / cost;
  Desk desk(plan);
  Dispatcher restored(CampaignId("c"), plan);
  restored.restore({.seq = 0, .body = CoordinatorRecord(CampaignStarted{})});
  restored.restore({.seq = 1,
                    .body = CoordinatorRecord(TrialLeased{
                        .id = attempt(kTrial, 1), .agent = kOne, .boot = BootId("b1")})});
  for (std::uint64_t seq = 0; seq < whole; ++seq) {
    restored.restore({.agent = kOne,
                      .boot = BootId("b1"),
                      .seq = seq,
                      .body = AgentRecord(chunk_of(kTrial, 1))});
  }
  desk.dispatcher = std::move(restored);
  desk.keep(desk.dispatcher.start({}, desk.now()));
  desk.hello(kOne, "b1", attempt(kTrial, 1));
  desk.record(kOne, "b1", whole, chunk_of(kTrial, 1));
  EXPECT_EQ(stored_of(desk, kOne), 0U);
  ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  EXPECT_THAT(desk.sent<Dismiss>()[0].second.reason, HasSubstr("more than"));
}

TEST(DispatcherRecords, OfAProcessFromBeforeARestartOfTheCoordinatorAreTaken) {
  Desk desk(plan_of({"skopeo"}));
  Dispatcher restored(CampaignId("c"), plan_of({"skopeo"}));
  restored.restore({.seq = 0, .body = CoordinatorRecord(CampaignStarted{})});
  restored.restore({.seq = 1,
                    .body = CoordinatorRecord(TrialLeased{
                        .id = attempt(kTrial, 1), .agent = kOne, .boot = BootId("b1")})});
  desk.dispatcher = std::move(restored);
  desk.keep(desk.dispatcher.start({}, desk.now()));
  desk.hello(kOne, "b1", attempt(kTrial, 1));
  desk.record(kOne, "b1", 0, chunk_of(kTrial, 1));
  EXPECT_EQ(stored_of(desk, kOne), 1U);
}

TEST(DispatcherRecords, AProcessThatLeftDoesNotComeBack) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  for (int round = 0; round < 50; ++round) {
    desk.send(kOne, protocol::Goodbye{.boot = BootId("b1"), .reason = "tired"});
    desk.hello(kOne, "b1");
    ASSERT_EQ(desk.sent<Dismiss>().size(), 1U);
  }
  EXPECT_EQ(warnings_of(desk), 1U);
}

}  // namespace
}  // namespace ocibench::coordinator
