#include "coordinator/analysis/comparison.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "coordinator/report/comparison_text.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/summary_md.hpp"
#include "coordinator/report/terminal.hpp"
#include "tests/support/measured_rounds.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::analyse_trials;
using testing_support::MeasuredTrial;
using testing_support::plan_of_rounds;

constexpr std::uint32_t kIterations = 3;
const std::vector<std::string> kTools = {"skopeo", "crane", "null"};

double base_time(const std::string& tool) {
  return tool == "null" ? 0.001 : tool == "skopeo" ? 2.0 : 1.5;
}

/// Every tool in every round on one lane, within a percent of its time: 1.5 s of crane, 2 s of
/// skopeo.
std::vector<MeasuredTrial> clear_difference(std::uint32_t rounds) {
  std::vector<MeasuredTrial> trials;
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    for (const std::string& tool : kTools) {
      const double wall = base_time(tool) * (1 + 0.001 * round);
      trials.push_back(
          {.tool = tool, .round = round, .walls_s = {wall, 1.002 * wall, 0.99 * wall}});
    }
  }
  return trials;
}

Analysis analyse_rounds(std::uint32_t rounds, const std::vector<MeasuredTrial>& trials) {
  return analyse_trials(plan_of_rounds(kTools, rounds, kIterations), trials);
}

const PairComparison& only_pair(const Analysis& analysis) {
  EXPECT_EQ(analysis.comparisons.size(), 1U);
  EXPECT_EQ(analysis.comparisons[0].pairs.size(), 1U);
  return analysis.comparisons[0].pairs[0];
}

std::vector<WithheldCode> codes(const Analysis& analysis) {
  std::vector<WithheldCode> codes;
  for (const Withheld& withheld : only_pair(analysis).withheld) {
    codes.push_back(withheld.code);
  }
  return codes;
}

TEST(Comparison, TellsAClearDifferenceApart) {
  const Analysis analysis = analyse_rounds(4, clear_difference(4));
  const PairComparison& pair = only_pair(analysis);
  EXPECT_EQ(pair.tool, "crane");
  EXPECT_THAT(pair.withheld, IsEmpty());
  EXPECT_EQ(pair.claim, Claim::faster);
  EXPECT_NEAR(pair.ratio->ratio, 0.75, 1e-9);
  EXPECT_NEAR(pair.test->p, 2.0 / 70, 1e-12);
  EXPECT_THAT(supported_sentences(analysis, analysis.comparisons[0]),
              ElementsAre("crane took 0.750x [0.748, 0.752] the time of skopeo (p = 0.029, Holm "
                          "0.029)."));
}

TEST(Comparison, TakesARoundAsOneObservation) {
  // 3 x 20 iterations against 3 x 20 would be a tiny p; three rounds cannot be below 0.1.
  Plan plan = plan_of_rounds(kTools, 3, 20);
  std::vector<MeasuredTrial> trials = clear_difference(3);
  for (MeasuredTrial& trial : trials) {
    trial.walls_s.assign(20, trial.walls_s[0]);
  }
  const Analysis analysis = analyse_trials(plan, trials);
  EXPECT_NEAR(only_pair(analysis).test->p, 0.1, 1e-12);
  EXPECT_EQ(only_pair(analysis).claim, Claim::none);
  EXPECT_THAT(codes(analysis), ElementsAre(WithheldCode::too_few_rounds));
  EXPECT_THAT(withheld_sentences(analysis, analysis.comparisons[0]),
              ElementsAre("No ranking of crane against skopeo: 3 rounds cannot reach p < 0.05 over "
                          "1 pair: at least 4 are needed."));
}

TEST(Comparison, SaysNothingWhereNothingCanBeSaid) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  for (MeasuredTrial& trial : trials) {
    trial.walls_s.assign(kIterations, trial.tool == "null" ? 0.001 : 2.0 + 0.01 * trial.round);
  }
  const Analysis analysis = analyse_rounds(4, trials);
  EXPECT_EQ(only_pair(analysis).claim, Claim::none);
  EXPECT_THAT(supported_sentences(analysis, analysis.comparisons[0]),
              ElementsAre("crane ~ skopeo: no difference in time can be told (p = 1, Holm 1)."));
  EXPECT_THAT(summary_md(analysis), HasSubstr("| 1.00x [0.985, 1.01] ~ | 1 | 1 |"));
}

TEST(Comparison, IsWithheldForATrialThatIsNotComplete) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  trials[4].walls_s[1] = std::nullopt;  // crane in round 2
  const Analysis analysis = analyse_rounds(4, trials);
  EXPECT_THAT(codes(analysis), ElementsAre(WithheldCode::incomplete_blocks));
  EXPECT_EQ(only_pair(analysis).withheld[0].text, "crane has no complete trial in round 2");
  EXPECT_FALSE(only_pair(analysis).ratio);
}

TEST(Comparison, IsWithheldWhenEachToolHasALaneOfItsOwn) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  for (MeasuredTrial& trial : trials) {
    trial.agent = trial.tool == "crane" ? "lane-2" : "lane-1";
  }
  const Analysis analysis = analyse_rounds(4, trials);
  EXPECT_THAT(codes(analysis), ElementsAre(WithheldCode::lanes_confounded));
  EXPECT_THAT(only_pair(analysis).withheld[0].text,
              HasSubstr("crane ran 4 x lane-2, skopeo ran 4 x lane-1: a difference"));
}

TEST(Comparison, IsAllowedWhenToolsTakeTurnsOnTheLanes) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  for (MeasuredTrial& trial : trials) {
    const bool swapped = trial.round % 2 == 0;
    trial.agent = (trial.tool == "crane") == swapped ? "lane-1" : "lane-2";
  }
  EXPECT_EQ(only_pair(analyse_rounds(4, trials)).claim, Claim::faster);
  trials.back().agent = "lane-1";  // null: of no consequence
  EXPECT_EQ(only_pair(analyse_rounds(4, trials)).claim, Claim::faster);
  trials[0].agent = trials[0].agent == "lane-1" ? "lane-2" : "lane-1";
  EXPECT_THAT(codes(analyse_rounds(4, trials)), ElementsAre(WithheldCode::lanes_confounded));
}

TEST(Comparison, IsWithheldWhenTheMeasuringWasUnsound) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  for (MeasuredTrial& trial : trials) {
    if (trial.tool == "null") {
      trial.walls_s.assign(kIterations, 1.5);
    }
  }
  EXPECT_THAT(codes(analyse_rounds(4, trials)), ElementsAre(WithheldCode::invalid_measuring));
}

TEST(Comparison, IsWithheldWhenTheResultsThatCouldShowUnsoundnessAreMissing) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  trials.pop_back();
  EXPECT_THAT(codes(analyse_rounds(4, trials)), ElementsAre(WithheldCode::calibration_incomplete));
}

TEST(Comparison, IsLeftOutOfAReportOfOneTool) {
  const Plan plan = plan_of_rounds({"skopeo", "null"}, 1, kIterations);
  const Analysis analysis = analyse_trials(plan, {});
  EXPECT_THAT(analysis.comparisons, IsEmpty());
  EXPECT_THAT(summary_md(analysis), Not(HasSubstr("## Comparison")));
}

TEST(Comparison, KeepsTheFamilyOfThePlanWhenAPairIsWithheld) {
  const std::vector<std::string> tools = {"skopeo", "crane", "oras", "null"};
  const Plan plan = plan_of_rounds(tools, 5, kIterations);
  std::vector<MeasuredTrial> trials;
  for (MeasuredTrial& trial : clear_difference(5)) {
    trials.push_back(trial);
  }
  const Analysis analysis = analyse_trials(plan, trials);  // oras never ran
  const PairComparison& crane = analysis.comparisons[0].pairs[0];
  EXPECT_NEAR(*crane.p_holm, 2 * 2.0 / 252, 1e-12);
}

TEST(Comparison, CountsWhatIsMissingAsSlowerThanAll) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  const double median = *analyse_rounds(4, trials).comparisons[0].tools[1].wall_s_median;
  trials[10].walls_s = {1.0, std::nullopt, std::nullopt};  // crane in round 4: fast, or not at all
  trials[7].walls_s = {1.0};
  const ToolNumbers crane = analyse_rounds(4, trials).comparisons[0].tools[1];
  EXPECT_GT(*crane.wall_s_median, median - 0.02);
  EXPECT_FALSE(crane.wall_s_p90);
  EXPECT_EQ(crane.complete, 8U);
}

TEST(Comparison, MakesNoHeadlineOutOfTheIterationsThatWereEasy) {
  std::vector<MeasuredTrial> trials = clear_difference(4);
  for (MeasuredTrial& trial : trials) {
    if (trial.tool == "crane") {
      trial.walls_s = {1.0, std::nullopt, std::nullopt};
    }
  }
  const Analysis analysis = analyse_rounds(4, trials);
  EXPECT_EQ(headline(analysis, analysis.rows[1]),
            "crane 1.9.3: no number for cold: 4 of 12 iterations complete (failed: exit code 1).");
}

TEST(Comparison, IsInTheReportAfterTheCaveatsAndWithoutCpuAndMemory) {
  const std::string report = summary_md(analyse_rounds(4, clear_difference(4)));
  const auto caveats = report.find("## Caveats");
  const auto comparison = report.find("## Comparison");
  const auto by_itself = report.find("## Each tool by itself");
  ASSERT_TRUE(caveats < comparison && comparison < by_itself && by_itself != std::string::npos);
  EXPECT_THAT(report.substr(0, caveats), Not(HasSubstr(" s ")));
  const std::string section = report.substr(comparison, by_itself - comparison);
  EXPECT_THAT(section, Not(HasSubstr("CPU")));
  EXPECT_THAT(section, Not(HasSubstr("memory")));
  EXPECT_THAT(section, HasSubstr("| crane 1.9.3 | 12 of 12 | 1.504 |"));
}

TEST(Comparison, NeverSaysThatAToolWins) {
  for (const std::uint32_t rounds : {3U, 4U}) {
    const Analysis analysis = analyse_rounds(rounds, clear_difference(rounds));
    for (const std::string& text :
         {summary_md(analysis), terminal_summary(analysis, "x", Color::never)}) {
      for (const char* word : {"wins", "winner", "beats", "best", "fastest"}) {
        EXPECT_THAT(text, Not(HasSubstr(word)));
      }
    }
  }
}

TEST(Terminal, ShowsAComparisonOrWhyThereIsNone) {
  EXPECT_THAT(terminal_summary(analyse_rounds(4, clear_difference(4)), "x", Color::never),
              HasSubstr("  cold: crane took 0.750x [0.748, 0.752] the time of skopeo"));
  EXPECT_THAT(terminal_summary(analyse_rounds(3, clear_difference(3)), "x", Color::never),
              HasSubstr("  cold: No ranking of crane against skopeo: 3 rounds cannot reach"));
}

/// With an observing run of skopeo and crane, of which crane's is told of.
std::string report_with_observation(const WireObservation& observation) {
  Analysis analysis = analyse_rounds(4, clear_difference(4));
  TrialState trial = analysis.state.trials[1];
  EXPECT_EQ(trial.trial.tool, "crane");
  trial.trial.kind = TrialKind::observe;
  trial.attempts[0].observed = WireObserved{.observation = observation};
  analysis.state.trials.push_back(trial);
  analysis.comparisons = compare_tools(analysis.plan, analysis.state, analysis.verdict);
  return summary_md(analysis);
}

TEST(Comparison, SaysWhichToolsAskForReferrersAndOnlyThen) {
  EXPECT_THAT(report_with_observation(
                  {.requests = {{.request = RequestClass::referrers, .status = 404, .count = 12}}}),
              HasSubstr("- Requests for referrers, in an untimed run: crane 12. Tools"));
  EXPECT_THAT(report_with_observation({}), Not(HasSubstr("referrers, in an untimed")));
}

TEST(Comparison, SaysWhichToolsWereRateLimited) {
  EXPECT_THAT(report_with_observation(
                  {.requests = {{.request = RequestClass::blob_get, .status = 429, .count = 3}}}),
              HasSubstr("(429), in an untimed run: crane 3;"));
  EXPECT_THAT(report_with_observation({}), HasSubstr("(429), in an untimed run: none."));
  EXPECT_THAT(summary_md(analyse_rounds(4, clear_difference(4))), Not(HasSubstr("429")));
}

// ---- No removal of results improves a standing.

/// A campaign of three tools with differences from none to clear.
std::vector<MeasuredTrial> drawn_campaign(const Plan& plan) {
  std::map<std::string, double> base;
  for (const PlannedTool& tool : plan.tools) {
    // Above 1 s of null the campaign is INVALID; without the slow ones it must not look sound.
    base[tool.name] = tool.calibration ? *rc::gen::element(0.001, 0.001, 0.97)
                                       : *rc::gen::element(1.0, 1.02, 1.2, 1.5);
  }
  const double noise = *rc::gen::element(0.0, 0.01, 0.1);
  std::vector<MeasuredTrial> trials;
  for (const Trial& planned : plan.trials) {
    MeasuredTrial trial{.tool = planned.tool, .round = planned.round};
    for (std::uint32_t i = 0; i < planned.iterations; ++i) {
      const double percentile = *rc::gen::inRange(0, 1001) / 1000.0;
      trial.walls_s.emplace_back(base[planned.tool] * (1 + noise * percentile));
    }
    trials.push_back(trial);
  }
  return trials;
}

/// Takes results away: an iteration fails, an agent is lost in a trial, a trial never runs.
std::vector<MeasuredTrial> degraded(std::vector<MeasuredTrial> trials) {
  const int removals = *rc::gen::inRange(1, 6);
  for (int i = 0; i < removals && !trials.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, trials.size());
    auto& walls = trials[at].walls_s;
    const auto how = *rc::gen::inRange(0, 3);
    if (how == 0 && !walls.empty()) {
      walls[*rc::gen::inRange<std::size_t>(0, walls.size())] = std::nullopt;
    } else if (how == 1 && !walls.empty()) {
      walls.resize(*rc::gen::inRange<std::size_t>(0, walls.size()));
    } else {
      trials.erase(trials.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return trials;
}

/// "crane faster": who is said to be faster than whom, as the report's own lines.
std::set<std::string> claims(const Analysis& analysis) {
  std::set<std::string> found;
  for (const PointComparison& comparison : analysis.comparisons) {
    for (const PairComparison& pair : comparison.pairs) {
      if (pair.claim != Claim::none) {
        found.insert(pair.tool + " " + std::string(to_string(pair.claim)));
      }
    }
  }
  return found;
}

std::size_t lines_with(const std::string& text, std::string_view part) {
  std::istringstream lines(text);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    count += line.find(part) != std::string::npos ? 1U : 0U;
  }
  return count;
}

bool not_better(const std::optional<double>& after, const std::optional<double>& before) {
  return !after || (before && *after >= *before);
}

/// Where a reader who sorts the table by p50 would put the tool; no number comes last.
std::size_t place(const Analysis& analysis, std::size_t tool) {
  const auto& tools = analysis.comparisons[0].tools;
  const auto& own = tools[tool].wall_s_median;
  return static_cast<std::size_t>(std::ranges::count_if(tools, [&](const ToolNumbers& other) {
    return other.wall_s_median && (!own || *other.wall_s_median < *own);
  }));
}

TEST(Standing, IsNotImprovedByAnyRemovalOfResults) {
  const Plan plan = plan_of_rounds({"skopeo", "crane", "oras", "null"}, 5, kIterations);
  std::size_t claims_before = 0;
  const bool held = rc::check([&] {
    const std::vector<MeasuredTrial> trials = drawn_campaign(plan);
    const Analysis before = analyse_trials(plan, trials);
    const Analysis after = analyse_trials(plan, degraded(trials));
    const std::set<std::string> had = claims(before);
    const std::set<std::string> has = claims(after);
    claims_before += had.size();
    RC_ASSERT(std::ranges::includes(had, has));
    RC_ASSERT(lines_with(summary_md(after), "] the time of") <=
              lines_with(summary_md(before), "] the time of"));
    for (std::size_t tool = 0; tool < before.comparisons[0].tools.size(); ++tool) {
      const ToolNumbers& old = before.comparisons[0].tools[tool];
      const ToolNumbers& now = after.comparisons[0].tools[tool];
      RC_ASSERT(not_better(now.wall_s_median, old.wall_s_median));
      RC_ASSERT(not_better(now.wall_s_p10, old.wall_s_p10));
      RC_ASSERT(not_better(now.wall_s_p90, old.wall_s_p90));
      RC_ASSERT(not_better(now.tx_bytes_median, old.tx_bytes_median));
    }
  });
  EXPECT_TRUE(held);
  EXPECT_GT(claims_before, 50U) << "campaigns without a claim show nothing";
}

TEST(Standing, PlaceOfAToolIsNotImprovedByRemovalOfItsOwnResults) {
  const Plan plan = plan_of_rounds({"skopeo", "crane", "oras", "null"}, 5, kIterations);
  EXPECT_TRUE(rc::check([&] {
    const std::vector<MeasuredTrial> trials = drawn_campaign(plan);
    const auto tool = *rc::gen::inRange<std::size_t>(0, 3);
    std::vector<MeasuredTrial> own;
    std::vector<MeasuredTrial> kept;
    for (const MeasuredTrial& trial : trials) {
      (trial.tool == plan.tools[tool].name ? own : kept).push_back(trial);
    }
    own = degraded(own);
    kept.insert(kept.end(), own.begin(), own.end());
    RC_ASSERT(place(analyse_trials(plan, kept), tool) >= place(analyse_trials(plan, trials), tool));
  }));
}

}  // namespace
}  // namespace ocibench::coordinator
