#include "coordinator/analysis/rank_test.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "coordinator/plan/comparison_design.hpp"

namespace ocibench::coordinator {
namespace {

using Values = std::vector<double>;

struct Samples {
  Values first;
  Values second;
};

/// Without ties: n values of which the pairs with the m others that they exceed are `u` in all.
Samples with_u(int n, int m, int u) {
  Samples samples;
  for (int j = 1; j <= m; ++j) {
    samples.second.push_back(j);
  }
  for (int i = n; i >= 1; --i) {
    const int exceeded = std::min(m, u);
    u -= exceeded;
    samples.first.push_back(exceeded + 0.5 + 0.001 * i);
  }
  return samples;
}

double p_of(int n, int m, int u) {
  const Samples samples = with_u(n, m, u);
  const RankTest test = mann_whitney(samples.first, samples.second);
  EXPECT_EQ(test.u, u);
  return test.p;
}

TEST(MannWhitney, HasTheProbabilitiesOfTheTablesOf1947) {
  // Mann and Whitney (1947), table I: P(U <= u) for n = m, three decimals.
  const std::map<int, Values> table = {
      {3, {.050, .100, .200, .350}},
      {4, {.014, .029, .057, .100, .171, .243, .343, .443}},
      {5, {.004, .008, .016, .028, .048, .075, .111, .155, .210, .274, .345, .421}},
      {6,
       {.001, .002, .004, .008, .013, .021, .032, .047, .066, .090, .120, .155, .197, .242, .294,
        .350, .409, .469}}};
  for (const auto& [n, tails] : table) {
    for (std::size_t u = 0; u < tails.size(); ++u) {
      EXPECT_NEAR(p_of(n, n, static_cast<int>(u)) / 2, tails[u], 0.0005) << n << " " << u;
    }
  }
}

struct Critical {
  int n;
  int m;
  int u;  // the largest that is significant, two-sided
};

void expect_critical(const std::vector<Critical>& table, double level) {
  for (const Critical& row : table) {
    EXPECT_LE(p_of(row.n, row.m, row.u), level) << row.n << " " << row.m;
    EXPECT_GT(p_of(row.n, row.m, row.u + 1), level) << row.n << " " << row.m;
  }
}

TEST(MannWhitney, HasTheCriticalValuesOfTheStandardTables) {
  // Siegel, "Nonparametric Statistics" (1956), table K, as reprinted in most textbooks.
  expect_critical(
      {{2, 8, 0},    {3, 5, 0},    {3, 8, 2},    {4, 4, 0},    {4, 6, 2},    {5, 5, 2},
       {5, 8, 6},    {5, 10, 8},   {6, 6, 5},    {6, 8, 8},    {6, 10, 11},  {7, 7, 8},
       {7, 10, 14},  {8, 8, 13},   {8, 10, 17},  {9, 9, 17},   {10, 10, 23}, {10, 15, 39},
       {10, 20, 55}, {12, 12, 37}, {15, 15, 64}, {18, 18, 99}, {20, 20, 127}},
      0.05);
  expect_critical(
      {{5, 5, 0}, {6, 6, 2}, {7, 7, 4}, {8, 8, 7}, {10, 10, 16}, {15, 15, 51}, {20, 20, 105}},
      0.01);
}

/// P by trying every way to divide the pooled values, ties as halves.
double p_by_enumeration(const Samples& samples) {
  Values pooled = samples.first;
  pooled.insert(pooled.end(), samples.second.begin(), samples.second.end());
  const auto twice_u = [&](std::uint32_t chosen) {
    int u = 0;
    for (std::size_t i = 0; i < pooled.size(); ++i) {
      for (std::size_t j = 0; j < pooled.size(); ++j) {
        if ((chosen >> i & 1U) != 0 && (chosen >> j & 1U) == 0) {
          u += pooled[i] > pooled[j] ? 2 : pooled[i] == pooled[j] ? 1 : 0;
        }
      }
    }
    return u;
  };
  const auto size = static_cast<int>(samples.first.size());
  const int observed = twice_u((1U << samples.first.size()) - 1);
  double all = 0;
  double below = 0;
  double above = 0;
  for (std::uint32_t chosen = 0; chosen < 1U << pooled.size(); ++chosen) {
    if (std::popcount(chosen) == size) {
      const int u = twice_u(chosen);
      all += 1;
      below += u <= observed ? 1 : 0;
      above += u >= observed ? 1 : 0;
    }
  }
  return std::min(1.0, 2 * std::min(below, above) / all);
}

/// 1 to `most` values out of so few that many are equal.
Values drawn_values(int most, int different) {
  const auto size = static_cast<std::size_t>(*rc::gen::inRange(1, most + 1));
  Values values;
  for (const int value :
       *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(1, different + 1))) {
    values.push_back(value);
  }
  return values;
}

TEST(MannWhitney, IsWhatEnumerationFindsWithAndWithoutTies) {
  EXPECT_TRUE(rc::check([] {
    const Samples samples{drawn_values(6, 7), drawn_values(6, 7)};
    const RankTest test = mann_whitney(samples.first, samples.second);
    RC_ASSERT(test.exact);
    RC_ASSERT(std::abs(test.p - p_by_enumeration(samples)) < 1e-12);
  }));
}

TEST(MannWhitney, SaysNothingOfEqualSamples) {
  EXPECT_EQ(mann_whitney(Values{2, 2, 2}, Values{2, 2, 2}).p, 1);
  EXPECT_EQ(mann_whitney(Values(100, 2.0), Values(100, 2.0)).p, 1);
}

TEST(MannWhitney, DoesNotDependOnWhichSampleIsTheFirst) {
  EXPECT_TRUE(rc::check([] {
    const Samples samples{drawn_values(30, 20), drawn_values(30, 20)};
    const RankTest one = mann_whitney(samples.first, samples.second);
    const RankTest other = mann_whitney(samples.second, samples.first);
    RC_ASSERT(std::abs(one.p - other.p) < 1e-12);
    RC_ASSERT(one.u + other.u == static_cast<double>(samples.first.size() * samples.second.size()));
  }));
}

TEST(MannWhitney, DependsOnTheOrderOfValuesOnly) {
  EXPECT_TRUE(rc::check([] {
    const Samples samples{drawn_values(20, 20), drawn_values(20, 20)};
    Samples stretched = samples;
    for (Values* values : {&stretched.first, &stretched.second}) {
      std::ranges::transform(*values, values->begin(), [](double v) { return std::exp(v) - 7; });
      std::ranges::reverse(*values);
    }
    RC_ASSERT(mann_whitney(samples.first, samples.second) ==
              mann_whitney(stretched.first, stretched.second));
  }));
}

/// How many arrangements of n against n have each U: the recurrence of Mann and Whitney (1947),
/// by whether the largest value is one of the n or one of the m.
Values arrangements(std::size_t n) {
  std::vector<std::vector<Values>> counts(n + 1, std::vector<Values>(n + 1, Values(n * n + 1)));
  for (std::size_t i = 0; i <= n; ++i) {
    for (std::size_t j = 0; j <= n; ++j) {
      counts[i][j][0] = 1;
      for (std::size_t u = 1; i > 0 && j > 0 && u <= i * j; ++u) {
        counts[i][j][u] = counts[i][j - 1][u] + (u >= j ? counts[i - 1][j][u - j] : 0);
      }
    }
  }
  return counts[n][n];
}

double p_by_recurrence(const Values& counts, int u) {
  const double below = std::accumulate(counts.begin(), counts.begin() + u + 1, 0.0);
  return 2 * below / std::accumulate(counts.begin(), counts.end(), 0.0);
}

TEST(MannWhitney, IsExactUpToItsLimit) {
  constexpr int kHalf = kMaxExactValues / 2;
  const Values counts = arrangements(kHalf);
  for (const int u : {0, 150, 300, 317, 400}) {
    EXPECT_NEAR(p_of(kHalf, kHalf, u) / p_by_recurrence(counts, u), 1, 1e-9) << u;
  }
}

TEST(MannWhitney, IsCloseAboveItsLimitAndSaysThatItIsApproximate) {
  constexpr int kHalf = kMaxExactValues / 2 + 1;
  const Samples samples = with_u(kHalf, kHalf, 340);
  EXPECT_FALSE(mann_whitney(samples.first, samples.second).exact);
  const Values counts = arrangements(kHalf);
  for (const int u : {300, 340, 400, 470}) {
    EXPECT_NEAR(p_of(kHalf, kHalf, u) / p_by_recurrence(counts, u), 1, 0.07) << u;
  }
}

TEST(MannWhitney, IsThatOfScipyAboveItsLimit) {
  // scipy 1.17.1: stats.mannwhitneyu(x, y, method="asymptotic"), corrected for ties and continuity.
  struct Reference {
    int n, m, u;
    double p;
  };
  for (const Reference& known :
       {Reference{31, 31, 300, 0.01127226431117275}, Reference{31, 31, 340, 0.04872384162663466},
        Reference{31, 31, 470, 0.8880392121346494}, Reference{31, 31, 480, 1},
        Reference{40, 25, 350, 0.04381486956146961}}) {
    EXPECT_NEAR(p_of(known.n, known.m, known.u), known.p, 1e-9) << known.n << " " << known.u;
  }
}

TEST(MannWhitney, IsThatOfScipyAboveItsLimitWithTies) {
  Values first;
  Values second;
  for (int i = 0; i < 40; ++i) {
    first.push_back(i * i % 7 + 1);
  }
  for (int i = 0; i < 35; ++i) {
    second.push_back(i * i * i % 5 + 2);
  }
  const RankTest many = mann_whitney(first, second);
  EXPECT_DOUBLE_EQ(many.u, 434);
  EXPECT_NEAR(many.p, 0.0038946969936598306, 1e-9);  // 0.0038279 without the continuity correction
  first.clear();
  second.clear();
  for (int i = 0; i < 41; ++i) {
    second.push_back(i % 4 + (i % 3 == 0 ? 1 : 0));
    if (i < 33) {
      first.push_back(i % 4);
    }
  }
  // 0.2744413 without the correction for ties.
  EXPECT_NEAR(mann_whitney(first, second).p, 0.26127794690168504, 1e-9);
}

TEST(MannWhitney, ReachesTheSmallestPWhenTheSamplesDoNotOverlap) {
  for (int n = 1; n <= 12; ++n) {
    for (int m = 1; m <= 12; ++m) {
      EXPECT_NEAR(p_of(n, m, 0),
                  smallest_p(static_cast<std::size_t>(n), static_cast<std::size_t>(m)), 1e-12)
          << n << " " << m;
    }
  }
}

TEST(HodgesLehmann, IsTheMedianOfAllRatios) {
  // Ratios: 2/1, 2/4, 2/5, 3/1, 3/4, 3/5, in order .4 .5 .6 .75 2 3.
  const RatioEstimate estimate = hodges_lehmann_ratio(Values{2, 3}, Values{1, 4, 5});
  EXPECT_NEAR(estimate.ratio, std::sqrt(0.6 * 0.75), 1e-12);
  EXPECT_FALSE(estimate.interval);
}

TEST(HodgesLehmann, HasAnIntervalFromTheDistributionOfU) {
  // n = m = 6: P(U <= 5) = 19/924, so the 6th of the 36 ratios from each end.
  const Samples samples = with_u(6, 6, 18);
  const RatioEstimate estimate = hodges_lehmann_ratio(samples.first, samples.second);
  Values ratios;
  for (const double a : samples.first) {
    for (const double b : samples.second) {
      ratios.push_back(a / b);
    }
  }
  std::ranges::sort(ratios);
  ASSERT_TRUE(estimate.interval);
  EXPECT_NEAR(estimate.interval->coverage, 1 - 38.0 / 924, 1e-12);
  EXPECT_NEAR(estimate.interval->low, ratios[5], 1e-12);
  EXPECT_NEAR(estimate.interval->high, ratios[30], 1e-12);
}

TEST(HodgesLehmann, HasNoIntervalWhereTheWidestDoesNotCover) {
  EXPECT_FALSE(hodges_lehmann_ratio(Values{1, 2, 3}, Values{4, 5, 6}).interval);
  EXPECT_NEAR(hodges_lehmann_ratio(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}).interval->coverage,
              1 - 2.0 / 70, 1e-12);
}

TEST(HodgesLehmann, IntervalLeavesOutOneWhereTheTestSees) {
  EXPECT_TRUE(rc::check([] {
    const int n = *rc::gen::inRange(4, 13);
    const int m = *rc::gen::inRange(4, 13);
    const Samples samples = with_u(n, m, *rc::gen::inRange(0, n * m + 1));
    const RatioEstimate estimate = hodges_lehmann_ratio(samples.first, samples.second);
    const bool sees = mann_whitney(samples.first, samples.second).p < 0.05;
    RC_ASSERT(sees == (estimate.interval->high < 1 || estimate.interval->low > 1));
    RC_ASSERT(estimate.interval->low <= estimate.ratio);
    RC_ASSERT(estimate.ratio <= estimate.interval->high);
  }));
}

TEST(HodgesLehmann, FollowsTheUnitAndTheDirection) {
  EXPECT_TRUE(rc::check([] {
    const Samples samples{drawn_values(40, 1000), drawn_values(40, 1000)};
    Values longer = samples.first;
    std::ranges::transform(longer, longer.begin(), [](double v) { return 3 * v; });
    const double ratio = hodges_lehmann_ratio(samples.first, samples.second).ratio;
    RC_ASSERT(std::abs(hodges_lehmann_ratio(longer, samples.second).ratio / ratio / 3 - 1) < 1e-9);
    RC_ASSERT(std::abs(hodges_lehmann_ratio(samples.second, samples.first).ratio * ratio - 1) <
              1e-9);
  }));
}

TEST(HodgesLehmann, ApproximateIntervalCoversToo) {
  const Samples samples = with_u(40, 40, 800);
  const RatioInterval interval = *hodges_lehmann_ratio(samples.first, samples.second).interval;
  EXPECT_NEAR(interval.coverage, 0.950909195290362, 1e-9);  // of the 596th ratio from each end
  Values ratios;
  for (const double a : samples.first) {
    for (const double b : samples.second) {
      ratios.push_back(a / b);
    }
  }
  std::ranges::sort(ratios);
  EXPECT_NEAR(interval.low, ratios[595], 1e-12);
  EXPECT_NEAR(interval.high, ratios[ratios.size() - 596], 1e-12);
}

TEST(Holm, StepsDownFromTheSmallest) {
  const Values adjusted = holm(Values{0.01, 0.04, 0.03, 0.005});
  const Values expected = {0.03, 0.06, 0.06, 0.02};
  ASSERT_EQ(adjusted.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(adjusted[i], expected[i], 1e-12) << i;
  }
  EXPECT_TRUE(holm({}).empty());
  EXPECT_EQ(holm(Values{0.7, 0.9}), (Values{1, 1}));
}

Values drawn_ps() {
  Values ps;
  for (const int p : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1001))) {
    ps.push_back(p / 1000.0);
  }
  return ps;
}

TEST(Holm, LowersNothingWhenAnyPRises) {
  EXPECT_TRUE(rc::check([] {
    Values ps = drawn_ps();
    RC_PRE(!ps.empty());
    const Values before = holm(ps);
    double& raised = ps[*rc::gen::inRange<std::size_t>(0, ps.size())];
    raised += (1 - raised) * *rc::gen::inRange(0, 11) / 10.0;
    const Values after = holm(ps);
    for (std::size_t i = 0; i < ps.size(); ++i) {
      RC_ASSERT(after[i] >= before[i] - 1e-12);
    }
  }));
}

TEST(ComparisonDesign, NeedsMoreRoundsForMorePairs) {
  EXPECT_EQ(rounds_needed(1), 4U);
  EXPECT_EQ(rounds_needed(2), 5U);
  EXPECT_EQ(rounds_needed(6), 5U);
  EXPECT_EQ(rounds_needed(7), 6U);
  EXPECT_EQ(rounds_needed(14), 6U);
  EXPECT_EQ(rounds_needed(28), 7U);
}

}  // namespace
}  // namespace ocibench::coordinator
