#include "agent/sampling/pidstat.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

// sysstat 12.6.1: pidstat -h -H -u -r -d -p ALL 1
constexpr const char* kTwoSamples =
    "Linux 6.18.44 (vm) \t2026-11-21 \t_x86_64_\t(2 CPU)\n"
    "\n"
    "# Time        UID       PID    %usr %system  %guest   %wait    %CPU   CPU  minflt/s  majflt/s "
    " "
    "   VSZ     RSS   %MEM   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command\n"
    "1795296476      0         7   90.00    8.00    0.00    0.00   98.00     1      0.00      0.00 "
    "  "
    "45832   15544   0.06      0.00      0.00      0.00       0  skopeo\n"
    "1795296476      0         8    1.00    1.00    0.00    0.00    2.00     0      0.00      0.00 "
    "  "
    "    0       0   0.00     -1.00     -1.00     -1.00       0  Web Content 2\n"
    "\n"
    "# Time        UID       PID    %usr %system  %guest   %wait    %CPU   CPU  minflt/s  majflt/s "
    " "
    "   VSZ     RSS   %MEM   kB_rd/s   kB_wr/s kB_ccwr/s iodelay  Command\n"
    "1795296477      0         7  150.00   50.00    0.00    0.00  200.00     1      0.00      0.00 "
    "  "
    "45832   20000   0.06      0.00      0.00      0.00       0  skopeo\n";

TEST(Pidstat, ReadsRowsByTheNamesOfTheirColumns) {
  const auto rows = parse_pidstat(kTwoSamples);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].time, 1795296476);
  EXPECT_EQ((*rows)[0].pid, 7);
  EXPECT_DOUBLE_EQ((*rows)[0].cpu_percent, 98.0);
  EXPECT_EQ((*rows)[0].rss_bytes, 15544U * 1024);
}

TEST(Pidstat, TakesTheRestOfTheLineForTheCommand) {
  EXPECT_EQ(parse_pidstat(kTwoSamples)->at(1).command, "Web Content 2");
}

TEST(Pidstat, LosesNothingToANameWithLineFeeds) {
  for (const std::string rest : {"\n", "\n\n", "\n#", "\n# Time PID", "\n1795296476 0 8"}) {
    std::string text = kTwoSamples;
    text.insert(text.find("skopeo\n") + 6, rest);
    const auto rows = parse_pidstat(text);
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 3U) << rest;
    EXPECT_EQ(rows->at(0).rss_bytes, 15544U * 1024);
  }
}

TEST(Pidstat, FollowsAHeaderThatChanges) {
  const auto rows = parse_pidstat(
      "# Time PID %CPU RSS Command\n1795296476 2 3.0 4 a\n"
      "# RSS Time Extra PID %CPU Command\n4 1795296477 x 2 3.0 a\n");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->at(1).time, 1795296477);
  EXPECT_EQ(rows->at(1).rss_bytes, 4096U);
}

TEST(Pidstat, AddsUpTheTreePerSecond) {
  const auto sums = sum_by_time(*parse_pidstat(kTwoSamples), [](pid_t) { return true; });
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_DOUBLE_EQ(sums.at(1795296476).cpu_percent, 100.0);
  const auto one = sum_by_time(*parse_pidstat(kTwoSamples), [](pid_t pid) { return pid == 8; });
  ASSERT_EQ(one.size(), 1U);
  EXPECT_DOUBLE_EQ(one.at(1795296476).cpu_percent, 2.0);
}

TEST(Pidstat, RefusesWhatItWouldMisread) {
  const std::string header = "# Time PID %CPU RSS Command\n";
  EXPECT_FALSE(parse_pidstat("1795296476 2 3.0 4 a\n")) << "no header";
  EXPECT_FALSE(parse_pidstat(header + "1795296476 2 3,0 4 a\n")) << "another locale";
  EXPECT_FALSE(parse_pidstat(header + "08:30:43 PM 2 3.0 4 a\n")) << "no Unix seconds";
  EXPECT_FALSE(parse_pidstat(header + "1795296476 2 nan 4 a\n"));
  EXPECT_FALSE(parse_pidstat(header + "1795296476 2 inf 4 a\n"));
  EXPECT_FALSE(parse_pidstat(header + "1795296476 2 -3.0 4 a\n"));
  EXPECT_FALSE(parse_pidstat(header + "1795296476 2 3.0 99999999999999999999 a\n"));
  EXPECT_FALSE(parse_pidstat(header + "1795296476 22222\n")) << "too short";
  EXPECT_FALSE(parse_pidstat("# Time PID usr-ms Command\n")) << "-T CHILD prints no CPU";
  EXPECT_FALSE(parse_pidstat(std::string(PidstatParser::kMaxLineBytes + 1, ' ')));
}

TEST(Pidstat, SaysWhichLineAndColumn) {
  const auto rows = parse_pidstat("\n# Time PID %CPU RSS Command\n1795296476 x 3.0 4 a\n");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message, "pidstat:3: column PID: 'x'");
}

}  // namespace
}  // namespace ocibench::agent
