#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

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
