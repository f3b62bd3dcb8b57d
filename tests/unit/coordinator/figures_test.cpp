#include "coordinator/report/figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<BundleFile> ours() {
  return {{"plan.json", "{}\n"},
          {"iterations.csv", "trial,wall_s,cause\r\nr1,1.5,\r\nr2,2.5,\"exit code 1: gone\"\r\n"},
          {"summary.json",
           R"({"results": [{"tool": "skopeo", "headline": "skopeo took 1.5 s", "median": 1.5},
               {"tool": "crane", "headline": "crane took 2.5 s", "median": 2.5}],
               "warnings": [{"code": "steal", "text": "4 of 9 moved"}], "kind": "VALID",
               "p": null, "new_key": 7})"},
          {"summary.md",
           "# RESULT: VALID 2/2\n\n| tool | s |\n| skopeo | 1.5 |\n| crane | 2.5 |\n\nCommit "
           "`abc123`, started 2026-11-28T06:39:35Z.\n"}};
}

/// What is said of the bundle in which one thing of a file was changed.
std::string verdict_on(std::size_t file, std::string_view from, std::string_view to) {
  std::vector<BundleFile> theirs = ours();
  const std::size_t at = theirs[file].content.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  theirs[file].content.replace(at, from.size(), to);
  const auto notes = compare_figures(theirs, ours());
  return notes ? "equal" : notes.error().message;
}

constexpr std::size_t kPlan = 0;
constexpr std::size_t kCsv = 1;
constexpr std::size_t kJson = 2;
constexpr std::size_t kMarkdown = 3;

TEST(Figures, AreTheWordsWithADigit) {
  EXPECT_THAT(figures_of("took 1.5 s (p50, N=3): sha256:ab12, r1/x. At 06:39. -"),
              ElementsAre("1.5", "p50", "3", "sha256:ab12", "r1/x", "06:39"));
  EXPECT_THAT(figures_of("none at all."), IsEmpty());
}

TEST(Figures, OfTheSameTextsAreEqual) {
  const auto notes = compare_figures(ours(), ours());
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_EQ(notes->reworded, 0U);
  EXPECT_THAT(notes->unknown, IsEmpty());
}

TEST(Figures, ThatWereChangedAreFoundWhereverTheyStand) {
  EXPECT_EQ(verdict_on(kJson, "\"median\": 1.5", "\"median\": 1.4"),
            "summary.json: results[0].median: 1.4 where journal.sqlite says 1.5");
  EXPECT_THAT(verdict_on(kJson, "took 1.5", "took 1.4"), HasSubstr("skopeo took 1.4 s where"));
  EXPECT_THAT(verdict_on(kJson, "4 of 9", "3 of 9"), HasSubstr("3 of 9 moved where"));
  EXPECT_THAT(verdict_on(kJson, "null", "0.01"),
              HasSubstr("p: 0.01 where journal.sqlite says null"));
  EXPECT_THAT(verdict_on(kJson, "\"VALID\"", "\"INVALID\""), HasSubstr("kind: \"INVALID\" where"));
  EXPECT_THAT(verdict_on(kCsv, "r1,1.5", "r1,1.4"), HasSubstr("row 1, wall_s: 1.4 where"));
  EXPECT_THAT(verdict_on(kCsv, "code 1", "code 2"), HasSubstr("exit code 2: gone where"));
  EXPECT_THAT(verdict_on(kMarkdown, "| 2.5", "| 2.4"), HasSubstr("| crane | 2.4 | where"));
  EXPECT_THAT(verdict_on(kMarkdown, "abc123", "abc124"), HasSubstr("Commit `abc124`"));
  EXPECT_THAT(verdict_on(kMarkdown, "# RESULT: VALID", "# RESULT: SOUND"), HasSubstr("line 1"));
  EXPECT_EQ(verdict_on(kPlan, "{}", "{ }"), "plan.json: content: is not what journal.sqlite says");
}

TEST(Figures, CannotBeExchangedBetweenTwoSentences) {
  EXPECT_THAT(verdict_on(kJson, "skopeo took 1.5", "skopeo took 2.5"),
              HasSubstr("skopeo took 2.5"));
  EXPECT_THAT(verdict_on(kMarkdown, "| skopeo | 1.5 |\n| crane | 2.5 |",
                         "| skopeo | 2.5 |\n| crane | 1.5 |"),
              HasSubstr("| skopeo | 2.5 |"));
  EXPECT_THAT(verdict_on(kMarkdown, "| skopeo | 1.5 |\n| crane | 2.5 |",
                         "| crane | 2.5 |\n| crane | 2.5 |"),
              HasSubstr("| crane | 2.5 |"));
}

TEST(Figures, MayStandInOtherWords) {
  std::vector<BundleFile> theirs = ours();
  std::string& text = theirs[kMarkdown].content;
  text.replace(text.find("| crane | 2.5 |"), 15, "| crane needed | 2.5 |");
  auto notes = compare_figures(theirs, ours());
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_EQ(notes->reworded, 1U);
  text.replace(text.find("needed | 2.5"), 12, "needed | 2.4");
  notes = compare_figures(theirs, ours());
  ASSERT_FALSE(notes);
  EXPECT_EQ(notes.error().message,
            "summary.md: | crane needed | 2.4 |: 2.4 does not come from journal.sqlite");
}

TEST(Figures, ThatOnlyOneSideHasAreNamedWhereTheyCannotBeCompared) {
  EXPECT_EQ(verdict_on(kJson, ", \"new_key\": 7", ""), "equal");
  std::vector<BundleFile> theirs = ours();
  std::string& json = theirs[kJson].content;
  json.replace(json.find("new_key"), 7, "old_key");
  theirs[kCsv].content = "trial,old\r\nr1,9\r\nr2,9\r\n";
  const auto notes = compare_figures(theirs, ours());
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_THAT(notes->unknown, ElementsAre("iterations.csv: column old", "summary.json: old_key"));
}

TEST(Figures, OfAMalformedFileAreRefused) {
  EXPECT_THAT(verdict_on(kJson, "}", ""), HasSubstr("summary.json"));
  EXPECT_THAT(verdict_on(kCsv, "r1,1.5,", "r1,1.5"), HasSubstr("iterations.csv: record 2 is malf"));
  EXPECT_THAT(verdict_on(kCsv, "r1,1.5,\r\n", ""),
              HasSubstr("rows: 2 where journal.sqlite says 3"));
  EXPECT_THAT(verdict_on(kJson, "{\"tool\": \"skopeo\"", "{}, {\"tool\": \"skopeo\""),
              HasSubstr("results: 3 elements where journal.sqlite says 2"));
}

}  // namespace
}  // namespace ocibench::coordinator
