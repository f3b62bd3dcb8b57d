#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "common/model/mark_limits.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/bundle_files.hpp"
#include "coordinator/report/checksums.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/markdown_text.hpp"
#include "coordinator/report/terminal.hpp"
#include "tests/support/example_campaign.hpp"
#include "tests/support/golden.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::example_journal;
using testing_support::example_plan;
using testing_support::matches_golden;

Analysis example() {
  const Plan plan = example_plan();
  return analyse(plan, example_journal(plan, "{}\n").entries());
}

std::string file_named(const Analysis& analysis, const std::string& name) {
  for (const BundleFile& file : bundle_files(analysis)) {
    if (file.name == name) {
      return file.content;
    }
  }
  return "no such file";
}

class GoldenReport : public testing::TestWithParam<const char*> {};

TEST_P(GoldenReport, IsWhatWasReviewed) {
  EXPECT_TRUE(matches_golden(file_named(example(), GetParam()),
                             std::string("tests/golden/report/") + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenReport,
                         testing::Values("summary.md", "summary.json", "iterations.csv",
                                         "subjects.json", "environment.json"),
                         [](const auto& file) {
                           std::string name = file.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

class GoldenReportOfTwoSizes : public testing::TestWithParam<const char*> {};

TEST_P(GoldenReportOfTwoSizes, IsWhatWasReviewed) {
  const Plan plan = testing_support::two_sizes_plan({"skopeo", "crane", "null"});
  const Analysis analysis = analyse(plan, testing_support::two_sizes_journal(plan).entries());
  EXPECT_TRUE(matches_golden(file_named(analysis, GetParam()),
                             std::string("tests/golden/report/two-sizes/") + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenReportOfTwoSizes,
                         testing::Values("summary.md", "summary.json", "iterations.csv"),
                         [](const auto& file) {
                           std::string name = file.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(Report, LeadsWithTheVerdict) {
  EXPECT_THAT(file_named(example(), "summary.md"), StartsWith("# RESULT: INCOMPLETE 14/15\n"));
}

TEST(Report, SaysWhereToolsWereNotIsolated) {
  Analysis analysis = example();
  ASSERT_FALSE(analysis.machines.empty());
  auto& facts = analysis.machines.front().environment.facts;
  facts[kIsolationFact] = "a user of their own, own mounts, own processes";
  EXPECT_THAT(file_named(analysis, "summary.md"), Not(HasSubstr("not isolated")));
  facts[kIsolationFact] = "not isolated: no namespaces";
  EXPECT_THAT(file_named(analysis, "summary.md"),
              HasSubstr(": tools were not isolated: no namespaces. One that reads or writes"));
}

TEST(Report, IsTheSameForTheSameJournal) {
  EXPECT_EQ(file_named(example(), "summary.json"), file_named(example(), "summary.json"));
}

TEST(Report, WritesUnmeasuredAsNull) {
  const Json summary = *parse_json(file_named(example(), "summary.json"), "summary.json");
  EXPECT_TRUE(summary["results"][0]["metrics"]["cpu_percent_p95"].is_null());
  EXPECT_TRUE(summary["results"][0]["metrics"]["wall_s"]["median_interval"].is_null());
  EXPECT_TRUE(summary["iterations"][0]["signal"].is_null());
}

TEST(Report, KeepsEveryRawIterationOfEveryAttempt) {
  const Json summary = *parse_json(file_named(example(), "summary.json"), "summary.json");
  std::map<std::string, int> standings;
  for (const Json& iteration : summary["iterations"]) {
    ++standings[iteration["standing"].get<std::string>()];
  }
  EXPECT_EQ(standings,
            (std::map<std::string, int>{{"accepted", 15}, {"superseded", 2}, {"late", 1}}));
}

TEST(Report, IsWrittenForACampaignThatNeverBegan) {
  const Analysis analysis = analyse(example_plan(), {});
  EXPECT_THAT(file_named(analysis, "summary.md"), StartsWith("# RESULT: INCOMPLETE 0/15\n"));
  EXPECT_THAT(file_named(analysis, "summary.md"), HasSubstr("never leased to an agent"));
}

std::string page(const std::string& name) {
  return *read_file(fs::path(OCIBENCH_SOURCE_DIR) / "docs/reference" / name, kMiB);
}

void collect_keys(const Json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) {
      keys.insert(key);
    }
    if (value.is_structured() && key != "metrics" && key != "facts") {
      collect_keys(value, keys);
    }
  }
}

TEST(ReferenceDocs, NameEveryKeyOfTheSummary) {
  const std::string schema = page("results-schema.md");
  const Json summary = *parse_json(file_named(example(), "summary.json"), "summary.json");
  std::set<std::string> keys;
  collect_keys(summary, keys);
  collect_keys(summary["results"][0]["metrics"]["wall_s"], keys);
  EXPECT_GT(keys.size(), 50U);
  for (const std::string& key : keys) {
    EXPECT_NE(schema.find("`" + key), std::string::npos) << "not in docs/reference: " << key;
  }
}

TEST(ReferenceDocs, NameEveryMetricAndEveryColumn) {
  for (const Metric& metric : all_metrics()) {
    EXPECT_NE(page("metrics.md").find(fmt::format("`{}`", metric.key)), std::string::npos)
        << "not in docs/reference: " << metric.key;
  }
  const std::string csv = file_named(example(), "iterations.csv");
  const std::string both = page("results-schema.md") + page("metrics.md");
  std::istringstream header(csv.substr(0, csv.find("\r\n")));
  for (std::string column; std::getline(header, column, ',');) {
    EXPECT_NE(both.find("`" + column + "`"), std::string::npos)
        << "not in docs/reference: " << column;
  }
}

TEST(ReferenceDocs, GiveTheLimitOfEveryMark) {
  const std::string metrics = page("metrics.md");
  const std::size_t begin = metrics.find("## Marks");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = metrics.substr(begin, metrics.find("\n## ", begin) - begin);
  const Json summary = *parse_json(file_named(example(), "summary.json"), "summary.json");
  for (const auto& [key, value] : summary["iterations"][0]["validity"].items()) {
    EXPECT_THAT(section, HasSubstr("`" + key + "`"));
  }
  for (const std::string& limit :
       {fmt::format("`steal_us` | {:g} % of one core over the window, and more than {} ms",
                    100 * kMarkedStealShare, kMarkedSteal.count()),
        fmt::format("`psi_memory_some_us` | {:g} % of", 100 * kMarkedMemoryPressureShare),
        fmt::format("`tcp_retransmitted_segments` | {:g} % of", 100 * kMarkedResentShare),
        fmt::format("`nic_dropped_packets` | {:g} % of", 100 * kMarkedDroppedShare),
        fmt::format("`clock_offset_s` | {} ms", kMarkedClockOffset.count()),
        fmt::format("`sampler_missed_ticks` | {:g} % of", 100 * kMarkedMissedTickShare)}) {
    EXPECT_THAT(section, HasSubstr(limit));
  }
}

TEST(Headline, SaysHowManyOfThePlannedIterationsItRestsOn) {
  const Analysis analysis = example();
  EXPECT_EQ(headline(analysis, analysis.rows[0]),
            "skopeo 1.9.3 copied 160 MB in 1.77 s (p10 1.72 s, p90 1.82 s, n = 5) on local-2cpu "
            "from commit abc1234-dirty.");
  EXPECT_THAT(headline(analysis, analysis.rows[1]), HasSubstr("n = 4 of 5"));
}

TEST(Headline, SaysWhyThereIsNoNumber) {
  const Analysis analysis = analyse(example_plan(), {});
  EXPECT_EQ(headline(analysis, analysis.rows[0]),
            "skopeo: no number for cold: 0 of 5 iterations complete (not_run: never leased to an "
            "agent).");
}

TEST(Headline, IsPlainWhenTheTemplateNamesSomethingUnknown) {
  Plan plan = example_plan();
  plan.scenarios[0].headline = "{{subject}} wins by {{margin}}";
  const Analysis analysis = analyse(plan, example_journal(plan, "{}\n").entries());
  EXPECT_THAT(headline(analysis, analysis.rows[0]), StartsWith("skopeo 1.9.3: 1.77 s (p50, N=5"));
  EXPECT_EQ(all_findings(analysis).back().code, FindingCode::headline_template);
}

TEST(Markdown, TakesTheEffectOutOfTextFromOutside) {
  EXPECT_EQ(markdown_plain("a|b\n<img src=x>"), "a\\|b \\<img src=x\\>");
  EXPECT_EQ(markdown_code("a`b|c"), "`a'b\\|c`");
}

TEST(Markdown, PrintsFourDigitsWithoutExponent) {
  EXPECT_EQ(four_digits(0), "0");
  EXPECT_EQ(four_digits(0.0012344), "0.001234");
  EXPECT_EQ(four_digits(1.7234), "1.723");
  EXPECT_EQ(four_digits(262.14), "262.1");
  EXPECT_EQ(four_digits(12345678), "12345678");
}

TEST(Terminal, ShowsVerdictHeadlinesReasonsAndPlace) {
  const std::string text = terminal_summary(example(), "bench-results/x", Color::never);
  EXPECT_THAT(text, StartsWith("RESULT: INCOMPLETE 14/15\n  skopeo 1.9.3 copied"));
  EXPECT_THAT(text, HasSubstr("4 of 5 iterations complete: failed: exit code 1"));
  EXPECT_THAT(text, HasSubstr("Results: bench-results/x\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Terminal, ColorsOnlyTheVerdict) {
  EXPECT_THAT(terminal_summary(example(), "x", Color::always),
              StartsWith("\x1b[1;33mRESULT: INCOMPLETE 14/15\x1b[0m\n"));
}

TEST(ArtifactPath, NeverLeavesItsFolder) {
  const AttemptId id{.trial = TrialId("../../etc"), .attempt = 1};
  EXPECT_EQ(artifact_path(id, 1, "../../passwd"), "logs/%2E.~..~etc+a1+i1+%2E.~..~passwd");
  EXPECT_EQ(path_component(".."), "%2E.");
  EXPECT_EQ(path_component(""), "%");
}

TEST(ArtifactPath, IsDifferentForDifferentArtifacts) {
  const AttemptId a{.trial = TrialId("cold/x"), .attempt = 1};
  const AttemptId b{.trial = TrialId("cold~x"), .attempt = 1};
  EXPECT_NE(artifact_path(a, 1, "f.csv"), artifact_path(b, 1, "f.csv"));
  EXPECT_EQ(artifact_path(a, 1, "f.csv"), "samples/cold~x+a1+i1+f.csv");
}

TEST(Checksums, AreRefusedWhenTheyNameAPlaceOutside) {
  const std::string digest(64, '0');
  EXPECT_TRUE(parse_checksums(digest + "  logs/a\n"));
  EXPECT_FALSE(parse_checksums(digest + "  ../a\n"));
  EXPECT_FALSE(parse_checksums(digest + "  /etc/passwd\n"));
  EXPECT_FALSE(parse_checksums(digest + "  a\n" + digest + "  a\n"));
  EXPECT_FALSE(parse_checksums(digest + "  a"));
  EXPECT_FALSE(parse_checksums("0  a\n"));
}

TEST(StreamNames, AreReadBackAsWritten) {
  const std::string name = agent_stream_name(AgentName("lane-1"), BootId("b0"));
  EXPECT_EQ(name, "agent/lane-1/b0");
  EXPECT_EQ(parse_agent_stream(name), (AgentStream{AgentName("lane-1"), BootId("b0")}));
  for (const char* wrong :
       {"coordinator", "agent/", "agent/a", "agent/a/", "agent//b", "agent/a/b/c"}) {
    EXPECT_FALSE(parse_agent_stream(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ocibench::coordinator
