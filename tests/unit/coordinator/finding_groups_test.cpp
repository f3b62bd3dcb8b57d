#include "coordinator/report/finding_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/summary_md.hpp"
#include "tests/support/measured_rounds.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::journal_of;
using testing_support::MeasuredTrial;
using testing_support::plan_of_rounds;

Finding mark(const std::string& where, const std::string& text) {
  return {FindingCode::marked_iteration, where, text};
}

/// Of skopeo and crane, two rounds of three iterations.
CampaignState state_of_two_tools() {
  const Plan plan = plan_of_rounds({"skopeo", "crane"}, 2, 3);
  std::vector<MeasuredTrial> trials;
  for (const Trial& trial : plan.trials) {
    trials.push_back({.tool = trial.tool, .round = trial.round, .walls_s = {1.0, 1.0, 1.0}});
  }
  return replay(plan, journal_of(plan, trials));
}

std::vector<FindingGroup> groups_of(const std::vector<Finding>& findings) {
  return group_findings(state_of_two_tools(), findings);
}

TEST(FindingGroups, TakeTextsThatDifferInNumbersAloneForOneCause) {
  const auto groups = groups_of({mark("cold/skopeo/r1 iteration 1", "steal 3.1 % of a core"),
                                 mark("cold/crane/r2 iteration 3", "steal 12.0 % of a core"),
                                 mark("cold/skopeo/r2 iteration 2", "steal 1.5 % of a core")});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].text, "steal 1.5 to 12.0 % of a core");
  EXPECT_THAT(groups[0].places,
              ElementsAre("cold/skopeo/r1 iteration 1", "cold/skopeo/r2 iteration 2",
                          "cold/crane/r2 iteration 3"));
}

TEST(FindingGroups, KeepANumberThatIsTheSameEverywhere) {
  const auto groups =
      groups_of({mark("cold/skopeo/r1 iteration 1", "sent again: 11 of 1000 (1.10 %)"),
                 mark("cold/skopeo/r1 iteration 2", "sent again: 11 of 900 (1.22 %)")});
  EXPECT_EQ(groups.at(0).text, "sent again: 11 of 900 to 1000 (1.10 to 1.22 %)");
}

TEST(FindingGroups, TakeDigitsWithinANameForNoNumber) {
  EXPECT_EQ(groups_of({mark("cold/skopeo/r1 iteration 1", "no interface ens5 in /proc/net/dev"),
                       mark("cold/skopeo/r1 iteration 2", "no interface ens6 in /proc/net/dev")})
                .size(),
            2U);
}

TEST(FindingGroups, CountTheIterationsOfACellWithMany) {
  std::vector<Finding> findings;
  for (const int round : {1, 2}) {
    for (const int index : {1, 2, 3}) {
      findings.push_back(mark(fmt::format("cold/skopeo/r{} iteration {}", round, index), "x"));
    }
  }
  EXPECT_THAT(groups_of(findings).at(0).places, ElementsAre("cold, skopeo: 6 of 6 iterations"));
  for (const int round : {1, 2}) {
    for (const int index : {1, 2, 3}) {
      findings.push_back(mark(fmt::format("cold/crane/r{} iteration {}", round, index), "x"));
    }
  }
  EXPECT_THAT(groups_of(findings).at(0).places, ElementsAre("every iteration"));
}

TEST(FindingGroups, NameAnIterationOnceThatHasTwoOfACause) {
  const auto groups = groups_of({mark("cold/skopeo/r1 iteration 1", "1 leftover"),
                                 mark("cold/skopeo/r1 iteration 1", "2 leftover")});
  EXPECT_THAT(groups.at(0).places, ElementsAre("cold/skopeo/r1 iteration 1"));
}

TEST(FindingGroups, LeaveOtherFindingsWhatTheySay) {
  const auto groups = groups_of({{FindingCode::late_record, "cold/skopeo/r1 attempt 1", "3 came"},
                                 {FindingCode::late_record, "cold/skopeo/r2 attempt 1", "4 came"},
                                 {FindingCode::late_record, "cold/crane/r1 attempt 1", "3 came"}});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].text, "3 came");
  EXPECT_THAT(groups[0].places, ElementsAre("cold/skopeo/r1 attempt 1", "cold/crane/r1 attempt 1"));
}

/// One tool on `lanes` lanes, a round on each.
Analysis campaign_on(std::uint32_t lanes) {
  const Plan plan = plan_of_rounds({"skopeo"}, lanes, 3);
  std::vector<MeasuredTrial> trials;
  for (std::uint32_t round = 1; round <= lanes; ++round) {
    trials.push_back({.tool = "skopeo",
                      .round = round,
                      .agent = fmt::format("lane-{}", round),
                      .walls_s = {1.0, 1.0, 1.0}});
  }
  return analyse(plan, journal_of(plan, trials));
}

TEST(EnvironmentSection, SaysWhatAllLanesShareOnceAndTheRestByLane) {
  const std::string report = summary_md(campaign_on(3));
  const std::string section = report.substr(report.find("## Environment"));
  EXPECT_THAT(section, HasSubstr("### On every lane\n\n| fact | value |\n|---|---|\n"
                                 "| cpu.count | 2 |\n| cpu.governor | unknown |\n"
                                 "| instance.type | local-2cpu |\n\n### By lane\n\n"
                                 "| fact | value | lanes |\n|---|---|---|\n"
                                 "| host.identity | host-of-lane-1 | lane-1 |\n"
                                 "| host.identity | host-of-lane-2 | lane-2 |\n"
                                 "| host.identity | host-of-lane-3 | lane-3 |\n"));
}

TEST(EnvironmentSection, NamesTheOnlyLane) {
  const std::string report = summary_md(campaign_on(1));
  const std::string section = report.substr(report.find("## Environment"));
  EXPECT_THAT(section, HasSubstr("### lane-1\n\n| fact | value |\n|---|---|\n"
                                 "| cpu.count | 2 |\n| cpu.governor | unknown |\n"
                                 "| host.identity | host-of-lane-1 |\n"));
  EXPECT_THAT(section, testing::Not(HasSubstr("By lane")));
}

}  // namespace
}  // namespace ocibench::coordinator
