// Each limit of time, at its boundary and on both sides of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::seconds;

const AttemptId kFirst = attempt("cold/skopeo/r1", 1);

/// Time passes while the agent's loop lives and works on its trial.
void work_on(Desk& desk, seconds time) {
  for (; time.count() > 0; --time) {
    desk.send(kOne, protocol::Heartbeat{.boot = BootId("b1"), .running = kFirst});
    desk.pass(seconds(1));
  }
}

template <class T>
bool was_sent(const Desk& desk) {
  return std::ranges::any_of(desk.all, [](const Action& action) {
    const auto* send = std::get_if<Send>(&action);
    return send != nullptr && std::holds_alternative<T>(send->message);
  });
}

Dispatcher::TrialStatus status(const Desk& desk) { return desk.dispatcher.view()[0].status; }

Plan plan_with_iterations(std::uint32_t iterations) {
  Plan plan = plan_of({"skopeo"});
  plan.trials[0].iterations = iterations;
  plan.limits.max_attempts = 1;
  return plan;
}

TEST(DispatcherDeadlines, ALeaseLastsItsOverheadAndEveryIteration) {
  for (const std::uint32_t iterations : {1U, 3U}) {
    Desk desk(plan_with_iterations(iterations));
    desk.hello(kOne, "b1");
    work_on(desk, seconds(30 + 20 * iterations));
    EXPECT_EQ(status(desk), Dispatcher::TrialStatus::leased) << iterations;
    EXPECT_FALSE(was_sent<protocol::Cancel>(desk));
    work_on(desk, seconds(1));
    EXPECT_EQ(status(desk), Dispatcher::TrialStatus::done) << iterations;
    EXPECT_TRUE(was_sent<protocol::Cancel>(desk));
  }
}

TEST(DispatcherDeadlines, ALeaseOfTheJournalLastsAsLongFromTheResumeOn) {
  Desk desk(plan_with_iterations(3));
  Dispatcher restored(CampaignId("c"), plan_with_iterations(3));
  restored.restore({.seq = 0, .body = CoordinatorRecord(CampaignStarted{})});
  restored.restore(
      {.seq = 1,
       .body = CoordinatorRecord(TrialLeased{.id = kFirst, .agent = kOne, .boot = BootId("b1")})});
  desk.dispatcher = std::move(restored);
  desk.keep(desk.dispatcher.start({}, desk.now()));
  desk.hello(kOne, "b1", kFirst);
  work_on(desk, seconds(90));
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::leased);
  work_on(desk, seconds(1));
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::done);
}

TEST(DispatcherDeadlines, AnInterruptWaitsForTheAgentAsLongAsItsGrace) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.keep(desk.dispatcher.on_interrupt(desk.now()));
  work_on(desk, Dispatcher::kInterruptGrace - seconds(1));
  EXPECT_FALSE(desk.finish());
  work_on(desk, seconds(1));
  ASSERT_TRUE(desk.finish());
  EXPECT_TRUE(desk.finish()->interrupted);
}

TEST(DispatcherDeadlines, AnAgentMayBeSilentUpToTheLimit) {
  Desk desk(plan_with_iterations(1));
  desk.hello(kOne, "b1");
  desk.pass(seconds(10));
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::leased);
  desk.pass(seconds(1));
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::done);
}

TEST(DispatcherDeadlines, AnAssignmentIsRepeatedAfterTwoSecondsAndNotBefore) {
  Desk desk(plan_of({"skopeo"}));
  desk.hello(kOne, "b1");
  desk.pass(seconds(1));
  EXPECT_TRUE(desk.sent<protocol::Assign>().empty());
  desk.pass(seconds(1));
  EXPECT_EQ(desk.sent<protocol::Assign>().size(), 1U);
}

TEST(DispatcherDeadlines, TheCampaignEndsAtItsDeadline) {
  Plan plan = plan_of({"skopeo"});
  plan.limits.campaign_deadline = seconds(40);
  Desk desk(plan);
  desk.hello(kOne, "b1");
  work_on(desk, seconds(39));
  EXPECT_FALSE(desk.finish());
  work_on(desk, seconds(1));
  ASSERT_TRUE(desk.finish());
  EXPECT_EQ(desk.finish()->reason, "the campaign's deadline of 40 s passed");
}

TEST(DispatcherDeadlines, AGoodbyeOfAnotherProcessTakesNothingAway) {
  Desk desk(plan_with_iterations(1));
  desk.hello(kOne, "b1");
  desk.send(kOne, protocol::Goodbye{.boot = BootId("b9"), .reason = "tired"});
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::leased);
  desk.send(kTwo, protocol::Goodbye{.boot = BootId("b1"), .reason = "tired"});
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::leased) << "the same boot under another name";
  desk.send(kOne, protocol::Goodbye{.boot = BootId("b1"), .reason = "tired"});
  EXPECT_EQ(status(desk), Dispatcher::TrialStatus::done);
}

}  // namespace
}  // namespace ocibench::coordinator
