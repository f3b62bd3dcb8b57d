#include "agent/clock_offset.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Own clocks that nobody sets: the wall clock shows 1000 s when the monotonic one shows 0.
WallTime own_wall(MonoTime at) {
  return WallTime(seconds(1'000)) + std::chrono::floor<milliseconds>(at.time_since_epoch());
}

/// The coordinator's clock is `ahead` of own_wall(), its answer takes `there` and `back`.
ClockExchange exchange(milliseconds at, milliseconds ahead, milliseconds there, milliseconds back) {
  return {.asked = MonoTime(at),
          .answered = MonoTime(at + there + back),
          .theirs = own_wall(MonoTime(at)) + there + ahead};
}

ClockOffset best_of(const ClockComparison& comparison, MonoTime now = MonoTime(seconds(200))) {
  return comparison.best(now, own_wall(now)).value();
}

TEST(ClockComparison, KnowsNothingWithoutAnAnswer) {
  EXPECT_FALSE(ClockComparison().best(MonoTime{}, WallTime{}));
  EXPECT_FALSE(ClockComparison().own_time_of(WallTime{}));
}

TEST(ClockComparison, FindsTheOffsetWhenBothWaysTakeEquallyLong) {
  ClockComparison comparison;
  comparison.add(exchange(milliseconds(0), milliseconds(-250), milliseconds(4), milliseconds(4)));
  EXPECT_EQ(best_of(comparison).offset, milliseconds(-250));
  EXPECT_EQ(best_of(comparison).error, milliseconds(5));
}

TEST(ClockComparison, IsNeverFurtherOffThanItSays) {
  for (int there = 0; there <= 40; ++there) {
    ClockComparison comparison;
    comparison.add(
        exchange(milliseconds(0), milliseconds(70), milliseconds(there), milliseconds(40 - there)));
    const ClockOffset found = best_of(comparison);
    EXPECT_LE(std::chrono::abs(found.offset - milliseconds(70)), found.error) << there;
  }
}

TEST(ClockComparison, BelievesTheQuickestOfTheLatestAnswers) {
  ClockComparison comparison;
  comparison.add(exchange(milliseconds(0), milliseconds(10), milliseconds(1), milliseconds(1)));
  // Slow answers that agree with it: 10 ms is within what they leave open.
  for (std::size_t i = 0; i < ClockComparison::kLatest - 1; ++i) {
    comparison.add(exchange(seconds(i + 1), milliseconds(40), milliseconds(50), milliseconds(50)));
  }
  EXPECT_EQ(best_of(comparison).offset, milliseconds(10));
  comparison.add(exchange(seconds(99), milliseconds(40), milliseconds(50), milliseconds(50)));
  EXPECT_EQ(best_of(comparison).offset, milliseconds(40)) << "the quick one is too long ago";
}

TEST(ClockComparison, IgnoresAnAnswerFromBeforeItsQuestion) {
  ClockComparison comparison;
  comparison.add({.asked = MonoTime(seconds(9)), .answered = MonoTime(seconds(1))});
  EXPECT_FALSE(comparison.best(MonoTime{}, WallTime{}));
}

TEST(ClockComparison, FollowsTheCoordinatorsClockWhenThatIsSet) {
  ClockComparison comparison;
  for (int i = 0; i < 20; ++i) {
    comparison.add(exchange(seconds(i), milliseconds(0), milliseconds(0), milliseconds(0)));
  }
  comparison.add(exchange(seconds(20), seconds(-5), milliseconds(3), milliseconds(3)));
  EXPECT_EQ(best_of(comparison).offset, milliseconds(-5'000)) << "slower, but it contradicts all";
  EXPECT_EQ(best_of(comparison).error, milliseconds(4));
}

TEST(ClockComparison, FollowsTheOwnWallClockWhenThatIsSet) {
  ClockComparison comparison;
  comparison.add(exchange(seconds(1), milliseconds(0), milliseconds(1), milliseconds(1)));
  const MonoTime now(seconds(2));
  const WallTime set_ahead = own_wall(now) + seconds(5);
  EXPECT_EQ(comparison.best(now, set_ahead)->offset, milliseconds(-5'000));
}

TEST(ClockComparison, KeepsAnswersThatOnlyDriftApart) {
  // 500 ppm on both sides for 30 s are 30 ms, with answers that take no time.
  ClockComparison drifting;
  drifting.add(exchange(seconds(0), milliseconds(0), milliseconds(0), milliseconds(0)));
  drifting.add(exchange(seconds(30), milliseconds(30), milliseconds(5), milliseconds(5)));
  EXPECT_EQ(best_of(drifting).offset, milliseconds(0)) << "the quicker one stays";
  ClockComparison stepped;
  stepped.add(exchange(seconds(0), milliseconds(0), milliseconds(0), milliseconds(0)));
  stepped.add(exchange(seconds(30), milliseconds(38), milliseconds(5), milliseconds(5)));
  EXPECT_EQ(best_of(stepped).offset, milliseconds(38)) << "30 of drift, 5 of the way, 1: no more";
}

TEST(ClockComparison, PutsAMomentOfTheCoordinatorOnTheOwnMonotonicClock) {
  ClockComparison comparison;
  comparison.add(exchange(seconds(7), milliseconds(250), milliseconds(2), milliseconds(2)));
  // The coordinator's clock is ahead: what it shows comes earlier here.
  const WallTime theirs = own_wall(MonoTime(seconds(9)));
  EXPECT_EQ(comparison.own_time_of(theirs), MonoTime(milliseconds(8'750)));
}

}  // namespace
}  // namespace ocibench::agent
