#include "coordinator/plan/plan_text.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/toml.hpp"
#include "coordinator/plan/planner.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using testing::HasSubstr;

std::string content_of(const std::string& path) {
  const auto text = read_file(std::string(OCIBENCH_SOURCE_DIR "/") + path, TomlDocument::kMaxBytes);
  EXPECT_TRUE(text.has_value()) << text.error().message;
  return text.value_or("");
}

std::string quickstart_text() {
  const auto campaign = parse_campaign(content_of("scenarios/campaigns/quickstart.toml"),
                                       "quickstart.toml", shipped_catalog());
  return plan_text(*make_plan(*campaign, shipped_catalog(), {.lock = made_corpus(6)}));
}

TEST(PlanText, OfTheQuickstartIsAsRecorded) {
  EXPECT_EQ(quickstart_text(), content_of("tests/golden/plan_quickstart.txt"));
}

TEST(PlanText, FitsEightyColumns) {
  std::istringstream lines(quickstart_text());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

/// Tools of the fixture by name alone: the text looks at nothing else of them here.
struct PlannedLanes {
  std::uint32_t lanes = 1;
  std::string rotation = "fixed";
};

std::string comparison_part(std::uint32_t rounds, std::size_t tools,
                            const PlannedLanes& planned = {}) {
  Plan plan{.rounds = rounds,
            .rotation = planned.rotation,
            .lanes = planned.lanes,
            .baseline = "tool-1",
            .scenarios = {{"cold"}, {"warm"}}};
  for (std::size_t i = 1; i <= tools; ++i) {
    plan.tools.push_back({.name = "tool-" + std::to_string(i)});
  }
  plan.tools.push_back({.name = "null", .calibration = true});
  const std::string text = plan_text(plan);
  const auto begin = text.find("Comparison\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find("\nLimits") - begin);
}

TEST(PlanText, SaysBeforeTheRunHowManyRoundsAComparisonNeeds) {
  EXPECT_EQ(comparison_part(6, 8),
            "Comparison\n"
            "  against     tool-1: 7 other tools at 2 points\n"
            "  rounds      6; needed are at least 6 rounds for p < 0.05 over 14 pairs\n"
            "  lanes       1: every tool meets the same machine.\n");
  EXPECT_EQ(comparison_part(3, 2),
            "Comparison\n"
            "  against     tool-1: 1 other tool at 2 points\n"
            "  rounds      3 are too few: needed are at least 5 rounds for p < 0.05 over 2\n"
            "              pairs. The report will hold numbers and no ranking.\n"
            "  lanes       1: every tool meets the same machine.\n");
  EXPECT_EQ(comparison_part(3, 1), "");
}

TEST(PlanText, SaysBeforeTheRunWhichLanesAllowARanking) {
  const auto says = [](std::uint32_t lanes, const char* rotation) {
    return comparison_part(6, 2, {.lanes = lanes, .rotation = rotation});
  };
  EXPECT_THAT(says(2, "fixed"), HasSubstr("2, fixed: on machines of their own the tools get no"));
  EXPECT_THAT(says(4, "latin-square"), HasSubstr("4, latin-square: no ranking on several"));
  EXPECT_THAT(says(3, "latin-square"), HasSubstr("3, latin-square: every tool meets every"));
}

}  // namespace
}  // namespace ocibench::coordinator
