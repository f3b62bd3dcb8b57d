#include "agent/check/host_check.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using Level = HostFinding::Level;

/// A host that lacks nothing; tests take away.
HostFacts good_host() {
  return {.cgroups = CgroupMode::v2,
          .memory_controller = true,
          .root = true,
          .pidstat = true,
          .clock_synchronised = true,
          .clock_error_us = 1'234,
          .interface = "ens5",
          .open_files_soft = 65'536,
          .open_files_hard = 65'536,
          .folders = {{.what = "state",
                       .path = "/var/lib/ocibench",
                       .writable = true,
                       .free_bytes = 80'000'000'000}},
          .tools = {{.name = "crane", .reason = "crane: no executable crane on the PATH"},
                    {.name = "skopeo", .usable = true, .version = "1.9.3"}}};
}

HostFinding finding_of(const HostFacts& facts, const std::string& subject,
                       const std::vector<std::string>& wanted = {}) {
  const auto findings = check_host(facts, wanted);
  const auto found = std::ranges::find(findings, subject, &HostFinding::subject);
  return found == findings.end() ? HostFinding{"absent"} : *found;
}

TEST(HostCheck, FindsAGoodHostFit) {
  const auto findings = check_host(good_host(), {"skopeo"});
  EXPECT_TRUE(is_fit(findings));
  EXPECT_THAT(findings_text(findings), EndsWith("\nThis host is fit to be an agent.\n"));
  EXPECT_EQ(finding_of(good_host(), "clock").text, "synchronised, within 1.2 ms");
}

TEST(HostCheck, MissesCgroupsAndSaysHowToGetThem) {
  HostFacts facts = good_host();
  facts.cgroups = CgroupMode::none;
  EXPECT_EQ(finding_of(facts, "cgroups").level, Level::missing);
  EXPECT_THAT(finding_of(facts, "cgroups").remedy, HasSubstr("Delegate=yes"));
  facts.root = false;
  EXPECT_THAT(finding_of(facts, "cgroups").remedy, HasSubstr("as root"));
}

TEST(HostCheck, MissesTheMemoryController) {
  HostFacts facts = good_host();
  facts.memory_controller = false;
  EXPECT_EQ(finding_of(facts, "cgroups").level, Level::missing);
}

TEST(HostCheck, MissesPidstat) {
  HostFacts facts = good_host();
  facts.pidstat = false;
  EXPECT_EQ(finding_of(facts, "pidstat").level, Level::missing);
  EXPECT_EQ(finding_of(facts, "pidstat").remedy, "apt-get install sysstat");
}

TEST(HostCheck, MissesASynchronisedClockAndNotesALooseOne) {
  HostFacts facts = good_host();
  facts.clock_error_us = kMaxClockErrorUs + 1;
  EXPECT_EQ(finding_of(facts, "clock").level, Level::note);
  facts.clock_synchronised = false;
  EXPECT_EQ(finding_of(facts, "clock").level, Level::missing);
}

TEST(HostCheck, NotesAnOpenFilesLimitThatCanBeRaisedAndMissesOneThatCannot) {
  HostFacts facts = good_host();
  facts.open_files_soft = 1024;
  EXPECT_EQ(finding_of(facts, "open files").level, Level::note);
  facts.open_files_hard = 1024;
  EXPECT_EQ(finding_of(facts, "open files").level, Level::missing);
}

TEST(HostCheck, MissesRoomAndPermission) {
  HostFacts facts = good_host();
  facts.folders[0].free_bytes = kWantedFreeBytes - 1;
  EXPECT_EQ(finding_of(facts, "state").level, Level::missing);
  EXPECT_EQ(finding_of(facts, "state").remedy, "free 5.00 GB at least");
  facts.folders[0].writable = false;
  EXPECT_EQ(finding_of(facts, "state").remedy, "choose another with --state-dir");
}

TEST(HostCheck, NotesAHostWithoutADefaultRoute) {
  HostFacts facts = good_host();
  facts.interface.reset();
  EXPECT_EQ(finding_of(facts, "network").level, Level::note);
}

TEST(HostCheck, MissesAToolOnlyWhenItIsWanted) {
  EXPECT_EQ(finding_of(good_host(), "crane").level, Level::note);
  EXPECT_EQ(finding_of(good_host(), "crane").text, "no executable crane on the PATH");
  EXPECT_EQ(finding_of(good_host(), "crane", {"crane"}).level, Level::missing);
  EXPECT_THAT(finding_of(good_host(), "cran", {"cran"}).text, HasSubstr("no such tool"));
}

TEST(HostCheck, NeedsOneToolAtLeast) {
  HostFacts facts = good_host();
  facts.tools.pop_back();
  EXPECT_EQ(finding_of(facts, "tools").level, Level::missing);
}

TEST(HostCheck, CountsWhatIsMissingBelowATable) {
  HostFacts facts = good_host();
  facts.pidstat = false;
  EXPECT_THAT(findings_text(check_host(facts, {})),
              AllOf(HasSubstr("pidstat            missing not installed: the raw series of CPU "
                              "and memory would lack; apt-get\n                           install "
                              "sysstat\n"),
                    EndsWith("\nThis host lacks 1 thing.\n")));
  facts.clock_synchronised = false;
  EXPECT_THAT(findings_text(check_host(facts, {})), EndsWith("lacks 2 things.\n"));
}

TEST(HostCheck, IsCompleteAsJson) {
  const Json json = findings_json(check_host(good_host(), {"crane"}));
  EXPECT_EQ(json.at("fit"), false);
  EXPECT_EQ(json.at("findings").at(0).at("subject"), "cgroups");
  EXPECT_EQ(json.at("findings").at(0).at("level"), "ok");
}

TEST(HostFacts, AreReadOnThisHost) {
  const HostFacts facts = read_host_facts({.state_directory = "/tmp/ocibench-not-there/deeper",
                                           .cache_directory = "/proc/nowhere",
                                           .pidstat = "/bin/sh"});
  EXPECT_TRUE(facts.pidstat);
  EXPECT_GT(facts.open_files_hard, 0U);
  ASSERT_EQ(facts.folders.size(), 2U);
  EXPECT_TRUE(facts.folders[0].writable);
  EXPECT_TRUE(facts.folders[0].free_bytes.has_value());
}

}  // namespace
}  // namespace ocibench::agent
