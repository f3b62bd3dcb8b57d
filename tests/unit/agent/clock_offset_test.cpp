#include "agent/clock_offset.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The coordinator's clock is `ahead`, its answer takes `there` and `back`.
ClockExchange exchange(milliseconds at, milliseconds ahead, milliseconds there, milliseconds back) {
  const WallTime ours_when_asked = WallTime(seconds(1'000)) + at;
  return {.asked = MonoTime(at),
          .answered = MonoTime(at + there + back),
          .theirs = ours_when_asked + there + ahead,
          .ours = ours_when_asked + there + back};
}

TEST(ClockComparison, KnowsNothingWithoutAnAnswer) { EXPECT_FALSE(ClockComparison().best()); }

TEST(ClockComparison, FindsTheOffsetWhenBothWaysTakeEquallyLong) {
  ClockComparison comparison;
  comparison.add(exchange(milliseconds(0), milliseconds(-250), milliseconds(4), milliseconds(4)));
  EXPECT_EQ(comparison.best()->offset, milliseconds(-250));
  EXPECT_EQ(comparison.best()->error, milliseconds(5));
}

TEST(ClockComparison, IsNeverFurtherOffThanItSays) {
  for (int there = 0; there <= 40; ++there) {
    ClockComparison comparison;
    comparison.add(
        exchange(milliseconds(0), milliseconds(70), milliseconds(there), milliseconds(40 - there)));
    const ClockOffset found = *comparison.best();
    EXPECT_LE(std::chrono::abs(found.offset - milliseconds(70)), found.error) << there;
  }
}

TEST(ClockComparison, BelievesTheQuickestOfTheLatestAnswers) {
  ClockComparison comparison;
  comparison.add(exchange(milliseconds(0), milliseconds(10), milliseconds(1), milliseconds(1)));
  for (std::size_t i = 0; i < ClockComparison::kLatest - 1; ++i) {
    comparison.add(exchange(seconds(i + 1), milliseconds(99), milliseconds(50), milliseconds(50)));
  }
  EXPECT_EQ(comparison.best()->offset, milliseconds(10));
  comparison.add(exchange(seconds(99), milliseconds(99), milliseconds(50), milliseconds(50)));
  EXPECT_EQ(comparison.best()->offset, milliseconds(99)) << "the quick one is too long ago";
}

TEST(ClockComparison, IgnoresAnAnswerFromBeforeItsQuestion) {
  ClockComparison comparison;
  comparison.add({.asked = MonoTime(seconds(9)), .answered = MonoTime(seconds(1))});
  EXPECT_FALSE(comparison.best());
}

}  // namespace
}  // namespace ocibench::agent
