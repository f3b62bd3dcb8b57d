#include "coordinator/analysis/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ocibench::coordinator {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values;
  for (int i = 1; i <= n; ++i) {
    values.push_back(i);
  }
  return values;
}

TEST(Statistics, QuantileIsTheTypeSevenOfHyndmanAndFan) {
  // R: quantile(c(1, 2, 4, 8, 16), c(0.1, 0.5, 0.9), type = 7)
  const std::vector<double> values = {1, 2, 4, 8, 16};
  EXPECT_DOUBLE_EQ(quantile(values, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 4);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 12.8);
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 16);
}

TEST(Statistics, WhatIsMissingCountsAsLargerThanAll) {
  const std::vector<double> values = {1, 2, 3, 4};
  EXPECT_EQ(quantile_with_missing(values, 0, 0.5), quantile(values, 0.5));
  EXPECT_EQ(quantile_with_missing(values, 1, 0.5), 3);
  EXPECT_EQ(quantile_with_missing(values, 3, 0.5), 4);
  EXPECT_EQ(quantile_with_missing(values, 4, 0.5), std::nullopt);
  EXPECT_EQ(quantile_with_missing(values, 1, 0.9), std::nullopt);
  EXPECT_EQ(quantile_with_missing({}, 3, 0.1), std::nullopt);
}

TEST(Statistics, MedianOfAnEvenNumberIsTheMiddleOfTheTwoMiddleOnes) {
  EXPECT_DOUBLE_EQ(summarise({4, 1, 3, 2})->median, 2.5);
}

TEST(Statistics, MadIsTheMedianDistanceFromTheMedian) {
  EXPECT_DOUBLE_EQ(summarise({1, 1, 2, 2, 4, 6, 9})->mad, 1);
}

TEST(Statistics, NothingHasNoSummary) { EXPECT_FALSE(summarise({})); }

TEST(Statistics, OneValueIsItsOwnSummary) {
  const Summary summary = *summarise({3});
  EXPECT_EQ(summary, (Summary{.n = 1, .min = 3, .p10 = 3, .median = 3, .p90 = 3, .max = 3}));
}

TEST(Statistics, FiveValuesAreTooFewForAnIntervalOfTheMedian) {
  EXPECT_FALSE(median_interval(one_to(5)));
}

TEST(Statistics, SixValuesCoverTheMedianFromEndToEnd) {
  const MedianInterval interval = *median_interval(one_to(6));
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 6);
  EXPECT_NEAR(interval.coverage, 0.96875, 1e-12);
}

/// P(median between x(k) and x(n+1-k)): of all 2^n patterns of values above and below the median,
/// those with at least k on each side.
double coverage_by_counting(int n, int k) {
  int covered = 0;
  for (std::uint32_t pattern = 0; pattern < (1U << n); ++pattern) {
    const int above = std::popcount(pattern);
    covered += above >= k && n - above >= k ? 1 : 0;
  }
  return static_cast<double>(covered) / static_cast<double>(1U << n);
}

TEST(Statistics, IntervalOfTheMedianIsTheNarrowestThatCoversByCounting) {
  for (int n = 6; n <= 16; ++n) {
    const MedianInterval interval = *median_interval(one_to(n));
    const int k = static_cast<int>(interval.low);
    EXPECT_EQ(interval.high, n + 1 - k);
    EXPECT_NEAR(interval.coverage, coverage_by_counting(n, k), 1e-12) << n;
    EXPECT_LT(coverage_by_counting(n, k + 1), kMinCoverage) << n;
  }
}

TEST(Statistics, IntervalOfManyValuesDoesNotUnderflow) {
  const MedianInterval interval = *median_interval(one_to(5000));
  EXPECT_GE(interval.coverage, kMinCoverage);
  // Normal approximation: n/2 - 1.96 sqrt(n)/2.
  EXPECT_NEAR(interval.low, 2500 - 0.98 * std::sqrt(5000.0), 2);
}

TEST(Statistics, EverySummaryIsOrderedAndWithinItsValues) {
  EXPECT_TRUE(rc::check([](const std::vector<int>& drawn) {
    RC_PRE(!drawn.empty());
    std::vector<double> values(drawn.begin(), drawn.end());
    const Summary summary = *summarise(values);
    RC_ASSERT(summary.n == drawn.size());
    RC_ASSERT(summary.min <= summary.p10 && summary.p10 <= summary.median);
    RC_ASSERT(summary.median <= summary.p90 && summary.p90 <= summary.max);
    RC_ASSERT(summary.mad >= 0);
    if (summary.median_interval) {
      RC_ASSERT(summary.median_interval->low <= summary.median);
      RC_ASSERT(summary.median <= summary.median_interval->high);
    }
  }));
}

}  // namespace
}  // namespace ocibench::coordinator
