// Two identical tools under two names (A/A), and two that differ by a known share: how often does
// the report tell them apart? Campaigns are drawn from a seed and go through the real journal,
// analysis and comparison. docs/explanation/comparison.md prints the rates, and is held to them.

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/units.hpp"
#include "coordinator/plan/comparison_design.hpp"
#include "tests/support/measured_rounds.hpp"

namespace ocibench::coordinator {
namespace {

using testing::HasSubstr;
using testing_support::analyse_trials;
using testing_support::MeasuredTrial;
using testing_support::plan_of_rounds;

// As scenarios/campaigns/cross-tool.toml.
constexpr std::uint32_t kRounds = 6;
constexpr std::uint32_t kIterations = 3;
constexpr std::size_t kCrossToolPairs = 14;

constexpr int kCampaigns = 200;
constexpr double kWithinCv = 0.03;
constexpr double kMachineSd = 0.02;
constexpr double kMostFalseAlarms = 0.05;
constexpr double kPower = 0.8;

/// SplitMix64 and Box-Muller: std::normal_distribution may differ between libraries.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}

  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  /// A factor around 1.
  double factor(double deviation) { return std::exp(deviation * normal()); }

 private:
  /// In (0, 1].
  double uniform() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>(((z ^ (z >> 31)) >> 11) + 1) * 0x1p-53;
  }

  std::uint64_t state_;
};

enum class Lanes { one, two_rotated, two_fixed };

/// `lanes`: which tool is on which lane in which round. `moment_sd`: what all iterations of a trial
/// share beside the machine. `second_takes`: the second tool's time relative to the first's.
struct World {
  Lanes lanes = Lanes::two_rotated;
  double moment_sd = 0;
  double second_takes = 1;
};

std::size_t lane_of(Lanes lanes, std::size_t tool, std::uint32_t round) {
  switch (lanes) {
    case Lanes::one: return 0;
    case Lanes::two_rotated: return (tool + round) % 2;
    case Lanes::two_fixed: return tool;
  }
  return 0;
}

std::vector<MeasuredTrial> drawn_trials(const World& world, Noise& noise) {
  const std::array<double, 2> machines = {noise.factor(kMachineSd), noise.factor(kMachineSd)};
  std::vector<MeasuredTrial> trials;
  for (std::uint32_t round = 1; round <= kRounds; ++round) {
    for (const std::size_t tool : {0U, 1U}) {
      const std::size_t lane = lane_of(world.lanes, tool, round);
      const double expected =
          2 * machines[lane] * noise.factor(world.moment_sd) * (tool == 1 ? world.second_takes : 1);
      MeasuredTrial trial{.tool = tool == 0 ? "one" : "other",
                          .round = round,
                          .agent = fmt::format("lane-{}", lane + 1)};
      for (std::uint32_t i = 0; i < kIterations; ++i) {
        trial.walls_s.emplace_back(expected * noise.factor(kWithinCv));
      }
      trials.push_back(trial);
    }
    trials.push_back({.tool = "null",
                      .round = round,
                      .walls_s = std::vector<std::optional<double>>(kIterations, 0.001)});
  }
  return trials;
}

const Plan& plan() {
  static const Plan kPlan = plan_of_rounds({"one", "other", "null"}, kRounds, kIterations);
  return kPlan;
}

/// Share of the campaigns of which `holds(trials)`.
template <class Holds>
double rate(const World& world, const Holds& holds) {
  int held = 0;
  for (int seed = 1; seed <= kCampaigns; ++seed) {
    Noise noise(static_cast<std::uint64_t>(seed));
    held += holds(drawn_trials(world, noise)) ? 1 : 0;
  }
  return static_cast<double>(held) / kCampaigns;
}

PairComparison compared(const std::vector<MeasuredTrial>& trials) {
  return analyse_trials(plan(), trials).comparisons.at(0).pairs.at(0);
}

bool claims(const std::vector<MeasuredTrial>& trials) {
  return compared(trials).claim != Claim::none;
}

/// What the test says where the report withholds it.
bool test_alone(const std::vector<MeasuredTrial>& trials) {
  return compared(trials).test->p < kSignificance;
}

/// p of the test over what `values` takes from each trial.
template <class Values>
double p_over(const std::vector<MeasuredTrial>& trials, const Values& values) {
  std::vector<double> one;
  std::vector<double> other;
  for (const MeasuredTrial& trial : trials) {
    if (trial.tool != "null") {
      std::vector<double>& sample = trial.tool == "one" ? one : other;
      const std::vector<double> taken = values(trial);
      sample.insert(sample.end(), taken.begin(), taken.end());
    }
  }
  return mann_whitney(one, other).p;
}

std::vector<double> iterations_of(const MeasuredTrial& trial) {
  std::vector<double> walls;
  for (const std::optional<double>& wall : trial.walls_s) {
    walls.push_back(*wall);
  }
  return walls;
}

std::vector<double> round_of(const MeasuredTrial& trial) {
  return {summarise(iterations_of(trial))->median};
}

std::string page() {
  return *read_file(OCIBENCH_SOURCE_DIR "/docs/explanation/comparison.md", kMiB);
}

std::string percent(double share) { return fmt::format("{:.1f} %", share * 100); }

TEST(IdenticalTools, AreRarelyToldApartWhenTheyTakeTurnsOnTheLanes) {
  for (const Lanes lanes : {Lanes::one, Lanes::two_rotated}) {
    const double told = rate({.lanes = lanes}, claims);
    EXPECT_LE(told, kMostFalseAlarms);
    EXPECT_THAT(page(), HasSubstr(fmt::format(
                            "| {} | {} |", lanes == Lanes::one ? "one lane" : "two lanes, rotated",
                            percent(told))));
  }
}

TEST(IdenticalTools, WouldOftenBeToldApartWithALaneEachSoNothingIsSaid) {
  const World fixed{.lanes = Lanes::two_fixed};
  EXPECT_EQ(rate(fixed, claims), 0);
  const double told = rate(fixed, test_alone);
  EXPECT_GT(told, 2 * kMostFalseAlarms);
  EXPECT_THAT(page(),
              HasSubstr(fmt::format("| two lanes, each tool on its own | {} |", percent(told))));
}

TEST(IdenticalTools, WouldOftenBeToldApartByIterationsThatShareAMoment) {
  const World moments{.lanes = Lanes::one, .moment_sd = kMachineSd};
  const double by_iteration = rate(
      moments, [](const auto& trials) { return p_over(trials, iterations_of) < kSignificance; });
  const double by_round = rate(moments, claims);
  EXPECT_GT(by_iteration, 2 * kMostFalseAlarms);
  EXPECT_LE(by_round, kMostFalseAlarms);
  EXPECT_THAT(page(),
              HasSubstr(fmt::format("| 18 iterations against 18 | {} |", percent(by_iteration))));
  EXPECT_THAT(page(), HasSubstr(fmt::format("| 6 rounds against 6 | {} |", percent(by_round))));
}

TEST(CrossToolCampaign, HasTheDesignThatIsSimulatedHere) {
  const std::string campaign =
      *read_file(OCIBENCH_SOURCE_DIR "/scenarios/campaigns/cross-tool.toml", kMiB);
  EXPECT_THAT(campaign, HasSubstr(fmt::format("\nrounds = {}\n", kRounds)));
  EXPECT_THAT(campaign, HasSubstr(fmt::format("\niterations = {}\n", kIterations)));
  EXPECT_THAT(campaign, HasSubstr(fmt::format("with\n# {} pairs", kCrossToolPairs)));
  EXPECT_EQ(rounds_needed(kCrossToolPairs), kRounds);
}

TEST(RoundsNeeded, AreAsThePageSays) {
  for (std::uint32_t rounds = 3; rounds <= 7; ++rounds) {
    const double p = smallest_p(rounds, rounds);
    std::size_t pairs = 0;
    while (rounds_needed(pairs + 1) <= rounds) {
      ++pairs;
    }
    EXPECT_THAT(page(), HasSubstr(fmt::format("| {} | {:.2g} | {} |", rounds, p, pairs)));
  }
}

/// In whole percent: the least time saved with which p x `pairs` passes in kPower of the campaigns,
/// for each of `families`, in ascending order.
std::vector<int> smallest_found(Lanes lanes, const std::vector<std::size_t>& families) {
  std::vector<int> smallest;
  for (int saved = 1; smallest.size() < families.size() && saved < 50; ++saved) {
    const World world{.lanes = lanes, .second_takes = 1 - saved / 100.0};
    const auto found = [&](const std::vector<MeasuredTrial>& trials) {
      const auto pairs = static_cast<double>(families[smallest.size()]);
      return p_over(trials, round_of) * pairs < kSignificance;
    };
    while (smallest.size() < families.size() && rate(world, found) >= kPower) {
      smallest.push_back(saved);
    }
  }
  return smallest;
}

TEST(SmallestDifference, IsAsThePageSays) {
  for (const Lanes lanes : {Lanes::one, Lanes::two_rotated}) {
    const std::vector<int> smallest = smallest_found(lanes, {1, kCrossToolPairs});
    ASSERT_EQ(smallest.size(), 2U);
    EXPECT_THAT(page(),
                HasSubstr(fmt::format("| {} | {} % | {} % |",
                                      lanes == Lanes::one ? "one lane" : "two lanes, rotated",
                                      smallest[0], smallest[1])));
  }
}

}  // namespace
}  // namespace ocibench::coordinator
