#include "agent/sampling/host_sampler.hpp"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/process/linux_process_runner.hpp"
#include "common/file.hpp"
#include "common/units.hpp"
#include "tests/support/test_tool.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::seconds;
using testing_support::kTestTool;

class HostSamplerTest : public testing::TestWithParam<TreeControl> {
 protected:
  WindowReport sample(std::vector<std::string> arguments, HostSamplerOptions options = {}) {
    HostSampler sampler({interface_, dir_.path()}, clock_, std::move(options));
    arguments.insert(arguments.begin(), kTestTool);
    const auto report = runner_.run({.argv = std::move(arguments),
                                     .environment = {},
                                     .working_directory = dir_.path(),
                                     .stdout_log = dir_.path() / "stdout.gz",
                                     .stderr_log = dir_.path() / "stderr.gz",
                                     .deadline = seconds(60)},
                                    sampler, cancellation_);
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_EQ(report.value_or(ProcessReport{}).ending, Ending::exited);
    return sampler.finish();
  }

  static double cpu_seconds(const WindowReport& report) {
    return static_cast<double>(report.resources.cpu_user_us.value_or(0) +
                               report.resources.cpu_system_us.value_or(0)) /
           1e6;
  }

  std::string interface_ = "lo";
  SystemClock clock_;
  LinuxProcessRunner runner_{clock_, GetParam()};
  Cancellation cancellation_;
  TemporaryDirectory dir_ = TemporaryDirectory::create("/tmp", "sampler-test-").value();
};

INSTANTIATE_TEST_SUITE_P(Trees, HostSamplerTest,
                         testing::Values(TreeControl::best_available, TreeControl::process_table),
                         [](const auto& trees) {
                           return trees.param == TreeControl::best_available ? "Cgroup" : "Proc";
                         });

TEST_P(HostSamplerTest, CountsTheCpuOfChildren) {
  const WindowReport report = sample({"burn", "2", "600"});
  EXPECT_NEAR(cpu_seconds(report), 1.2, 0.15);
}

TEST_P(HostSamplerTest, CountsTheCpuOfDaemonsThatNobodyWaitsFor) {
  const WindowReport report = sample({"daemons", "2", "600"});
  EXPECT_NEAR(cpu_seconds(report), 1.2, 0.15);
}

TEST_P(HostSamplerTest, CountsTheMemoryOfChildren) {
  const WindowReport report = sample({"allocate", "3", "50", "2500"});
  ASSERT_TRUE(report.resources.rss_bytes);
  EXPECT_GT(report.resources.rss_bytes->max, 150e6);
  EXPECT_LT(report.resources.rss_bytes->max, 200e6);
  if (report.resources.source == "cgroup2+cgroup1") {
    EXPECT_GT(report.resources.memory_peak_bytes, 150'000'000U);
  } else if (report.resources.source == "proc") {
    EXPECT_FALSE(report.resources.memory_peak_bytes) << "a sampled maximum is no peak";
  }
}

TEST_P(HostSamplerTest, ListensToPidstatAboutTheWholeTree) {
  if (!std::filesystem::exists(PidstatRun::kProgram)) {
    GTEST_SKIP() << "pidstat is not installed";
  }
  const WindowReport report = sample({"allocate", "3", "50", "3500"});
  ASSERT_TRUE(report.resources.pidstat_rss_bytes);
  EXPECT_GT(report.resources.pidstat_rss_bytes->max, 150e6);
  EXPECT_GE(report.cost.ticks, 3U);
  const auto log = read_file(dir_.path() / "pidstat.log", 1'000'000);
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->starts_with("# Time")) << "pidstat's banner names the host";
  std::cout << "three seconds of sampling cost "
            << format_duration(std::chrono::microseconds(report.cost.cpu_us)) << " of CPU\n";
}

TEST_P(HostSamplerTest, HasNoSpreadForARunUnderASecond) {
  const WindowReport report = sample({"exit", "0"});
  EXPECT_FALSE(report.resources.rss_bytes);
  EXPECT_FALSE(report.resources.cpu_percent);
  EXPECT_FALSE(report.resources.pidstat_cpu_percent);
  EXPECT_EQ(report.cost.ticks, 0U);
  ASSERT_TRUE(report.network);
  EXPECT_TRUE(report.network->idle_tx_bytes_per_s);
  const auto csv = read_file(dir_.path() / "samples.csv", 10'000);
  ASSERT_TRUE(csv);
  EXPECT_EQ(std::count(csv->begin(), csv->end(), '\n'), 3) << "header and the two edges";
}

TEST_P(HostSamplerTest, SaysThatPidstatIsMissing) {
  const WindowReport report = sample({"exit", "0"}, {.pidstat = "/no/such/pidstat"});
  EXPECT_FALSE(report.resources.pidstat_cpu_percent);
  ASSERT_FALSE(report.marks.empty());
  EXPECT_EQ(report.marks[0].find("pidstat unavailable: "), 0U);
}

TEST_P(HostSamplerTest, LeavesTheNetworkOutWhenThereIsNoSuchInterface) {
  interface_ = "nosuch0";
  const WindowReport report = sample({"exit", "0"});
  EXPECT_FALSE(report.network);
  EXPECT_FALSE(report.validity.nic_dropped_packets);
  EXPECT_NE(
      std::find(report.marks.begin(), report.marks.end(), "no interface nosuch0 in /proc/net/dev"),
      report.marks.end());
}

}  // namespace
}  // namespace ocibench::agent
