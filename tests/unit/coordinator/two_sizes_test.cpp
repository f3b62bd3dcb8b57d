// A campaign of two sizes through every consumer of a cell: none may take one for the other.

#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/iterations_csv.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/summary_md.hpp"
#include "coordinator/report/terminal.hpp"
#include "tests/support/example_campaign.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::two_sizes_journal;
using testing_support::two_sizes_plan;

const std::vector<std::string> kTwoTools = {"skopeo", "crane", "null"};

Analysis analysis_of(const std::vector<std::string>& tools) {
  const Plan plan = two_sizes_plan(tools);
  return analyse(plan, two_sizes_journal(plan).entries());
}

/// The iteration `index` of the trial.
Iteration& iteration_in(std::vector<JournalEntry>& journal, const std::string& trial,
                        std::uint32_t index) {
  for (JournalEntry& entry : journal) {
    auto* record = std::get_if<AgentRecord>(&entry.body);
    auto* done = record == nullptr ? nullptr : std::get_if<IterationFinished>(record);
    if (done != nullptr && done->id.trial == TrialId(trial) && done->iteration.index == index) {
      return done->iteration;
    }
  }
  throw std::runtime_error("no such iteration: " + trial);
}

TEST(TwoSizes, AreNeverMixedInARow) {
  std::vector<std::string> rows;
  for (const Row& row : analysis_of(kTwoTools).rows) {
    const Summary& wall = *row.aggregate.find("wall_s");
    rows.push_back(fmt::format("{} {}: n {}, {:.3f} .. {:.3f}, median {:.3f}", row.aggregate.tool,
                               row.aggregate.images, wall.n, wall.min, wall.max, wall.median));
  }
  EXPECT_THAT(rows, ElementsAre("skopeo 1: n 9, 1.611 .. 1.633, median 1.622",
                                "crane 1: n 9, 1.511 .. 1.533, median 1.522",
                                "null 1: n 9, 0.001 .. 0.001, median 0.001",
                                "skopeo 2: n 9, 2.611 .. 2.633, median 2.622",
                                "crane 2: n 9, 2.511 .. 2.533, median 2.522",
                                "null 2: n 9, 0.001 .. 0.001, median 0.001"));
}

TEST(TwoSizes, HaveAHeadlineWithTheirOwnMedianEach) {
  for (const auto& tools : {kTwoTools, std::vector<std::string>{"skopeo", "null"}}) {
    const Analysis analysis = analysis_of(tools);
    for (const Row& row : analysis.rows) {
      if (row.aggregate.tool == "skopeo") {
        EXPECT_THAT(headline(analysis, row),
                    HasSubstr(row.aggregate.images == 1
                                  ? "skopeo 1.9.3 copied 1 image (130 MB) in 1.62 s (n = 9)"
                                  : "skopeo 1.9.3 copied 2 images (160 MB) in 2.62 s (n = 9)"));
      }
    }
  }
}

TEST(TwoSizes, AreTooFewForAnExponentHoweverManyRounds) {
  const Analysis analysis = analysis_of(kTwoTools);
  EXPECT_THAT(headline(analysis, analysis.rows[0]),
              HasSubstr("nothing can be said: fewer than three sizes have a number"));
}

TEST(TwoSizes, AreComparedEachByItself) {
  const Analysis analysis = analysis_of(kTwoTools);
  ASSERT_EQ(analysis.comparisons.size(), 2U);
  EXPECT_NEAR(*analysis.comparisons[0].tools[0].wall_s_median, 1.622, 1e-9);
  EXPECT_NEAR(*analysis.comparisons[1].tools[0].wall_s_median, 2.622, 1e-9);
  EXPECT_NEAR(analysis.comparisons[0].pairs[0].ratio->ratio, 1.522 / 1.622, 1e-3);
  EXPECT_NEAR(analysis.comparisons[1].pairs[0].ratio->ratio, 2.522 / 2.622, 1e-3);
}

TEST(TwoSizes, AreToldApartInEveryListOfTheSummary) {
  const Json summary = summary_json(analysis_of(kTwoTools));
  for (const char* list : {"results", "comparisons", "trials", "iterations"}) {
    std::set<std::string> sizes;
    for (const Json& one : summary[list]) {
      sizes.insert(one.at("images").dump());
    }
    EXPECT_EQ(sizes, (std::set<std::string>{"1", "2"})) << list;
  }
  EXPECT_EQ(summary["results"][0]["images"], 1);
  EXPECT_EQ(summary["results"][3]["images"], 2);
}

TEST(TwoSizes, AreNullAndEmptyWhereAllOfTheCorpusIsMeant) {
  const Plan plan = testing_support::example_plan();
  const Analysis analysis = analyse(plan, testing_support::example_journal(plan, "{}").entries());
  const Json summary = summary_json(analysis);
  for (const char* list : {"results", "trials", "iterations"}) {
    EXPECT_TRUE(summary[list][0].at("images").is_null()) << list;
  }
  const std::string csv = iterations_csv(analysis.state);
  EXPECT_THAT(csv, HasSubstr(",marks,images\r\n"));
  EXPECT_THAT(csv, HasSubstr(",\r\n"));
}

TEST(TwoSizes, AreAColumnOfTheIterations) {
  std::istringstream lines(iterations_csv(analysis_of(kTwoTools).state));
  std::size_t of_one = 0;
  std::size_t of_two = 0;
  for (std::string line; std::getline(lines, line);) {
    of_one += line.find("/n1/") != std::string::npos && line.ends_with(",1\r") ? 1U : 0U;
    of_two += line.find("/n2/") != std::string::npos && line.ends_with(",2\r") ? 1U : 0U;
  }
  EXPECT_EQ(of_one, 27U);
  EXPECT_EQ(of_two, 27U);
}

TEST(TwoSizes, AreAColumnOfTheTableOfOneTool) {
  const std::string report = summary_md(analysis_of({"skopeo", "null"}));
  EXPECT_THAT(report, HasSubstr("| subject | images | n | wall s p50 |"));
  EXPECT_THAT(report, HasSubstr("| skopeo 1.9.3 | 1 | 9 of 9 | 1.622 |"));
  EXPECT_THAT(report, HasSubstr("| skopeo 1.9.3 | 2 | 9 of 9 | 2.622 |"));
  const Plan whole = testing_support::make_plan({"skopeo", "null"});
  EXPECT_THAT(summary_md(analyse(whole, {})), HasSubstr("| subject | n |"));
}

TEST(TwoSizes, AreNamedInEveryLineOfTheReportThatHasANumber) {
  const std::string report = summary_md(analysis_of(kTwoTools));
  EXPECT_THAT(report, HasSubstr("| scale, 1 image | skopeo | 3/3 | 3/3 | 3/3 |"));
  EXPECT_THAT(report, HasSubstr("- scale, 2 images, null: 0.001000 s (median, 9 of 9)"));
  EXPECT_THAT(report, HasSubstr("| scale, 1 image | 9 of 9 |"));
}

TEST(TwoSizes, HaveAnExpectationOfBytesEach) {
  const Plan plan = two_sizes_plan({"skopeo", "null"});
  std::vector<JournalEntry> journal = two_sizes_journal(plan).entries();
  for (const Row& row : analyse(plan, journal).rows) {
    EXPECT_EQ(row.egress.fit,
              row.aggregate.calibration ? EgressFit::no_expectation : EgressFit::once);
  }
  // What one size lacks takes nothing from the other.
  iteration_in(journal, "scale/skopeo/n1/r1", 1).network->tx_bytes = 0;
  const Analysis analysis = analyse(plan, journal);
  EXPECT_EQ(analysis.rows[0].aggregate.complete, 8U);
  EXPECT_EQ(analysis.rows[2].aggregate.complete, 9U);
}

TEST(TwoSizes, AreNamedInFindings) {
  const Plan plan = two_sizes_plan({"skopeo", "null"});
  std::vector<JournalEntry> journal = two_sizes_journal(plan).entries();
  for (const char* round : {"1", "2", "3"}) {
    for (const std::uint32_t index : {1U, 2U, 3U}) {
      iteration_in(journal, std::string("scale/null/n2/r") + round, index).wall =
          std::chrono::seconds(2);
      iteration_in(journal, std::string("scale/skopeo/n1/r") + round, index).network->tx_bytes =
          900'000'000;
    }
  }
  std::set<std::string> places;
  for (const Finding& finding : analyse(plan, journal).findings) {
    if (finding.code == FindingCode::calibration_slow ||
        finding.code == FindingCode::egress_implausible) {
      places.insert(finding.where);
    }
  }
  EXPECT_EQ(places, (std::set<std::string>{"scale/null/n2", "scale/skopeo/n1"}));
}

TEST(TwoSizes, AreNamedWhereThereIsNoNumber) {
  const Plan plan = two_sizes_plan({"skopeo", "null"});
  const Analysis analysis = analyse(plan, {});
  EXPECT_THAT(headline(analysis, analysis.rows[0]), HasSubstr("no number for scale, 1 image:"));
}

}  // namespace
}  // namespace ocibench::coordinator
