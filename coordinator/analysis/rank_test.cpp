#include "coordinator/analysis/rank_test.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/error.hpp"
#include "coordinator/analysis/statistics.hpp"

namespace ocibench::coordinator {
namespace {

constexpr double kNormalQuantile = 1.959963984540054;  // of 97.5 %

/// Midranks are halves, so twice the rank is whole.
struct Ranks {
  std::vector<std::size_t> doubled;  ///< of the pooled values in ascending order
  std::size_t doubled_sum = 0;       ///< of the first sample
  double tie_term = 0;               ///< sum of t^3 - t over groups of t equal values
};

Ranks rank(std::span<const double> first, std::span<const double> second) {
  struct Value {
    double value;
    bool of_first;
  };
  std::vector<Value> pooled;
  for (const double value : first) {
    pooled.push_back({value, true});
  }
  for (const double value : second) {
    pooled.push_back({value, false});
  }
  std::ranges::sort(pooled, {}, &Value::value);
  Ranks ranks;
  for (std::size_t begin = 0; begin < pooled.size();) {
    std::size_t end = begin + 1;
    while (end < pooled.size() && pooled[end].value == pooled[begin].value) {
      ++end;
    }
    const std::size_t doubled = begin + 1 + end;  // first and last rank of the group
    const auto ties = static_cast<double>(end - begin);
    ranks.tie_term += ties * ties * ties - ties;
    for (; begin < end; ++begin) {
      ranks.doubled.push_back(doubled);
      ranks.doubled_sum += pooled[begin].of_first ? doubled : 0;
    }
  }
  return ranks;
}

/// How many of all subsets of `size` of the ranks have which doubled sum.
std::vector<double> subset_counts(std::span<const std::size_t> doubled, std::size_t size) {
  const std::size_t most = std::accumulate(doubled.begin(), doubled.end(), std::size_t{0});
  std::vector<std::vector<double>> counts(size + 1, std::vector<double>(most + 1));
  counts[0][0] = 1;
  std::size_t reached = 0;
  for (const std::size_t rank : doubled) {
    reached += rank;
    for (std::size_t k = size; k > 0; --k) {
      for (std::size_t sum = rank; sum <= reached; ++sum) {
        counts[k][sum] += counts[k - 1][sum - rank];
      }
    }
  }
  return counts[size];
}

double exact_p(const Ranks& ranks, std::size_t size) {
  const std::vector<double> counts = subset_counts(ranks.doubled, size);
  const auto at = counts.begin() + static_cast<std::ptrdiff_t>(ranks.doubled_sum);
  const double below = std::accumulate(counts.begin(), at, 0.0);
  const double above = std::accumulate(at + 1, counts.end(), 0.0);
  const double tail = std::min(below, above) + *at;
  return std::min(1.0, 2 * tail / (below + *at + above));
}

/// Of U, whose mean is nm/2, under the null hypothesis.
double standard_deviation(double n, double m, double tie_term) {
  const double total = n + m;
  return std::sqrt(n * m / 12 * (total + 1 - tie_term / (total * (total - 1))));
}

double approximate_p(double distance, double deviation) {
  return deviation > 0 ? std::erfc(std::max(0.0, distance - 0.5) / deviation / std::sqrt(2.0)) : 1;
}

/// Which differences from the ends, counted from 1, bound the interval.
struct Depth {
  std::size_t k = 0;
  double coverage = 0;
};

std::optional<Depth> exact_depth(std::size_t n, std::size_t m) {
  std::vector<std::size_t> doubled(n + m);
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    doubled[i] = 2 * (i + 1);
  }
  const std::vector<double> counts = subset_counts(doubled, n);
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  std::optional<Depth> best;
  double tail = 0;  // P(U < k)
  for (std::size_t k = 1; 2 * k <= n * m + 1; ++k) {
    tail += counts[n * (n + 1) + 2 * (k - 1)] / all;
    if (1 - 2 * tail < kMinCoverage) {
      break;
    }
    best = Depth{k, 1 - 2 * tail};
  }
  return best;
}

Depth approximate_depth(double n, double m) {
  const double deviation = standard_deviation(n, m, 0);
  const double k = std::max(1.0, std::floor(n * m / 2 - kNormalQuantile * deviation));
  return {static_cast<std::size_t>(k),
          std::erf((n * m / 2 - k + 0.5) / deviation / std::sqrt(2.0))};
}

}  // namespace

RankTest mann_whitney(std::span<const double> first, std::span<const double> second) {
  OCIBENCH_ASSERT(!first.empty() && !second.empty());
  const Ranks ranks = rank(first, second);
  const auto n = static_cast<double>(first.size());
  const auto m = static_cast<double>(second.size());
  RankTest test{.u = static_cast<double>(ranks.doubled_sum) / 2 - n * (n + 1) / 2};
  test.exact = ranks.doubled.size() <= kMaxExactValues;
  test.p = test.exact ? exact_p(ranks, first.size())
                      : approximate_p(std::abs(test.u - n * m / 2),
                                      standard_deviation(n, m, ranks.tie_term));
  return test;
}

RatioEstimate hodges_lehmann_ratio(std::span<const double> first, std::span<const double> second) {
  OCIBENCH_ASSERT(!first.empty() && !second.empty());
  std::vector<double> differences;
  differences.reserve(first.size() * second.size());
  for (const double a : first) {
    for (const double b : second) {
      OCIBENCH_ASSERT(a > 0 && b > 0);
      differences.push_back(std::log(a) - std::log(b));
    }
  }
  std::ranges::sort(differences);
  RatioEstimate estimate{.ratio = std::exp(quantile(differences, 0.5))};
  const std::optional<Depth> depth = first.size() + second.size() <= kMaxExactValues
                                         ? exact_depth(first.size(), second.size())
                                         : approximate_depth(static_cast<double>(first.size()),
                                                             static_cast<double>(second.size()));
  if (depth) {
    estimate.interval = {.low = std::exp(differences[depth->k - 1]),
                         .high = std::exp(differences[differences.size() - depth->k]),
                         .coverage = depth->coverage};
  }
  return estimate;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t step = 0; step < order.size(); ++step) {
    const double stepped = static_cast<double>(order.size() - step) * p[order[step]];
    largest = std::max(largest, std::min(1.0, stepped));
    adjusted[order[step]] = largest;
  }
  return adjusted;
}

}  // namespace ocibench::coordinator
