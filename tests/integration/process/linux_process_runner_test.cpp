#include "agent/process/linux_process_runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/process/process_table.hpp"
#include "common/file.hpp"
#include "common/gzip.hpp"
#include "tests/support/test_tool.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_support::kTestTool;
namespace fs = std::filesystem;

/// Remembers where the tree was and in which order it was called.
class NotingObserver final : public WindowObserver {
 public:
  void prepare(const ProcessTree& tree) override {
    tree_ = tree;
    calls_ += "p";
  }
  void opened() override { calls_ += "o"; }
  void closed() override {
    calls_ += "c";
    cgroup_was_there_ = tree_.cgroup2.empty() || fs::exists(tree_.cgroup2);
    state_at_close_ =
        parse_process_stat(
            read_file(fmt::format("/proc/{}/stat", tree_.pid), 4096).value_or(std::string()))
            .map([](const ProcessEntry& entry) { return entry.state; })
            .value_or('?');
  }

  ProcessTree tree_;
  std::string calls_;
  bool cgroup_was_there_ = false;
  char state_at_close_ = '?';
};

class LinuxProcessRunnerTest : public testing::TestWithParam<TreeControl> {
 protected:
  Command command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kTestTool);
    const auto log = [&](const char* name) {
      return dir_.path() / fmt::format("{}-{}", ++runs_, name);
    };
    return {.argv = std::move(arguments),
            .environment = {},
            .working_directory = dir_.path(),
            .stdout_log = log("stdout.gz"),
            .stderr_log = log("stderr.gz"),
            .deadline = seconds(60)};
  }

  ProcessReport run(const Command& command) {
    Result<ProcessReport> report = runner_.run(command, observer_, cancellation_);
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ProcessReport{});
  }

  static std::string unzipped(const fs::path& log) {
    std::string text;
    GzipDecompressor gunzip(kMaxLog, [&](std::string_view bytes) -> Result<void> {
      text += bytes;
      return {};
    });
    EXPECT_TRUE(gunzip.write(read_file(log, kMaxLog).value_or(std::string())));
    return text;
  }

  /// Test tools that live, wherever they have gone.
  static std::size_t living_tools() {
    const auto table = read_process_table("/proc");
    return static_cast<std::size_t>(
        std::count_if(table.begin(), table.end(), [](const auto& entry) {
          std::error_code error;
          return entry.alive() &&
                 fs::read_symlink(fmt::format("/proc/{}/exe", entry.pid), error) == kTestTool;
        }));
  }

  static constexpr std::uint64_t kMaxLog = 200'000'000;
  SystemClock clock_;
  LinuxProcessRunner runner_{clock_, GetParam()};
  NotingObserver observer_;
  Cancellation cancellation_;
  TemporaryDirectory dir_ = TemporaryDirectory::create("/tmp", "process-test-").value();
  int runs_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Trees, LinuxProcessRunnerTest,
                         testing::Values(TreeControl::best_available, TreeControl::process_table),
                         [](const auto& trees) {
                           return trees.param == TreeControl::best_available ? "Cgroup" : "Proc";
                         });

TEST_P(LinuxProcessRunnerTest, ReportsAnExitCodeAsData) {
  const ProcessReport report = run(command({"exit", "7"}));
  EXPECT_EQ(report.ending, Ending::exited);
  EXPECT_EQ(report.exit_code, 7);
  EXPECT_FALSE(report.signal);
  EXPECT_GT(report.wall.count(), 0);
}

TEST_P(LinuxProcessRunnerTest, ReportsASignalThatWeDidNotSend) {
  const ProcessReport report = run(command({"abort"}));
  EXPECT_EQ(report.ending, Ending::signalled);
  EXPECT_EQ(report.signal, SIGABRT);
  EXPECT_FALSE(report.exit_code);
}

TEST_P(LinuxProcessRunnerTest, CallsTheObserverInOrderAndClosesWhileTheToolIsAZombie) {
  run(command({"exit", "0"}));
  EXPECT_EQ(observer_.calls_, "poc");
  EXPECT_TRUE(observer_.cgroup_was_there_);
  EXPECT_EQ(observer_.state_at_close_, 'Z');
}

TEST_P(LinuxProcessRunnerTest, GivesTheToolItsEnvironmentAndNothingElse) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  Command it = command({"environment"});
  it.environment = {{"HOME", "/nowhere"}, {"A", "b c"}};
  run(it);
  pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
  EXPECT_EQ(unzipped(it.stdout_log),
            fmt::format("env A=b c\nenv HOME=/nowhere\ncwd {}\nleader 1\nfd 0\nfd 1\nfd 2\n"
                        "SigBlk:\t{:016x}\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n",
                        dir_.path().string(), 0, 0, 0));
}

TEST_P(LinuxProcessRunnerTest, FailsWithNotFoundWhenThereIsNoSuchProgram) {
  Command it = command({});
  it.argv = {"/no/such/tool"};
  const auto report = runner_.run(it, observer_, cancellation_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::not_found);
}

TEST_P(LinuxProcessRunnerTest, FailsWithUnavailableWhenTheKernelRefusesTheProgram) {
  const fs::path text = dir_.path() / "text";
  ASSERT_TRUE(write_file_atomically(text, "no program\n"));
  fs::permissions(text, fs::perms::owner_all);
  Command it = command({});
  it.argv = {text.string()};
  const auto report = runner_.run(it, observer_, cancellation_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::unavailable);
  EXPECT_EQ(observer_.calls_, "poc");
}

TEST_P(LinuxProcessRunnerTest, KillsAHangAtTheDeadline) {
  Command it = command({"hang"});
  it.deadline = milliseconds(300);
  const ProcessReport report = run(it);
  EXPECT_EQ(report.ending, Ending::timed_out);
  EXPECT_GE(report.wall, milliseconds(300));
  EXPECT_LT(report.wall, seconds(5));
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, KillsATreeThatForksOn) {
  Command it = command({"fork-storm"});
  it.deadline = milliseconds(300);
  const ProcessReport report = run(it);
  EXPECT_EQ(report.ending, Ending::timed_out);
  EXPECT_LT(report.wall, seconds(10));
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, KillsTheTreeOnCancellation) {
  std::thread canceller([this] { cancellation_.request(); });
  const ProcessReport report = run(command({"hang"}));
  canceller.join();
  EXPECT_EQ(report.ending, Ending::cancelled);
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, WaitsForDescendantsThatOutliveTheToolShortly) {
  const ProcessReport report = run(command({"orphan", "400"}));
  EXPECT_EQ(report.ending, Ending::exited);
  EXPECT_EQ(report.leftover_processes, 0U);
  EXPECT_GE(report.wall, milliseconds(390));
}

TEST_P(LinuxProcessRunnerTest, KillsAndCountsDescendantsThatLinger) {
  const ProcessReport report = run(command({"orphan", "60000"}));
  EXPECT_EQ(report.ending, Ending::exited);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.leftover_processes, 1U);
  EXPECT_LT(report.wall, ProcessRunner::kLinger + seconds(5));
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, KillsAndCountsADaemonThatLeftItsCgroup) {
  const CgroupLayout own = detect_cgroup_layout("/proc");
  if (GetParam() == TreeControl::process_table || runner_.cgroup_mode() == CgroupMode::none) {
    GTEST_SKIP() << "without a cgroup there is none to leave: the daemon is waited for";
  }
  const ProcessReport report = run(command({"escape", own.own2 / "cgroup.procs", "60000"}));
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.leftover_processes, 0U);
  EXPECT_EQ(report.escaped_processes, 1U);
  EXPECT_EQ(report.escaped_names, std::vector<std::string>{"ocibench-test-t"});
  EXPECT_LT(report.wall, ProcessRunner::kLinger) << "nobody waits for it";
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, KeepsALogAndCountsIt) {
  Command it = command({"print", "100000", "first\nlast"});
  const ProcessReport report = run(it);
  EXPECT_EQ(report.stdout_bytes, 100'000U);
  EXPECT_EQ(report.stderr_bytes, 11U);
  EXPECT_EQ(unzipped(it.stdout_log).size(), 100'000U);
  EXPECT_EQ(unzipped(it.stderr_log), "first\nlast\n");
  EXPECT_EQ(report.last_stderr_lines, (std::vector<std::string>{"first", "last"}));
}

TEST_P(LinuxProcessRunnerTest, ContainsAGigabyteOfOutput) {
  Command it = command({"print", "1000000000"});
  it.max_log_bytes = 1'000'000;
  const MonoTime start = clock_.now();
  const ProcessReport report = run(it);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.stdout_bytes, 1'000'000'000U);
  EXPECT_LT(fs::file_size(it.stdout_log), 100'000U);
  EXPECT_TRUE(
      unzipped(it.stdout_log).ends_with("[ocibench: 999000000 more bytes were not kept]\n"));
  EXPECT_LT(clock_.now() - start, seconds(30));
}

TEST_P(LinuxProcessRunnerTest, KillsAToolThatEatsTheDisk) {
  Command it = command({"fill", (dir_.path() / "big").string(), "64"});
  it.min_free_bytes = fs::space(dir_.path()).available - 16'000'000;
  const ProcessReport report = run(it);
  EXPECT_EQ(report.ending, Ending::disk_exhausted);
  EXPECT_EQ(living_tools(), 0U);
}

TEST_P(LinuxProcessRunnerTest, LeaksNeitherDescriptorsNorCgroupsNorZombies) {
  const auto count = [](const fs::path& directory) {
    return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
  };
  run(command({"daemons", "1", "1"}));
  const auto descriptors = count("/proc/self/fd");
  for (int i = 0; i < 50; ++i) {
    run(command({"daemons", "2", "1"}));
  }
  EXPECT_EQ(count("/proc/self/fd"), descriptors);
  EXPECT_FALSE(fs::exists(observer_.tree_.cgroup2));
  EXPECT_FALSE(fs::exists(observer_.tree_.cgroup1_memory));
  const auto table = read_process_table("/proc");
  EXPECT_TRUE(std::none_of(table.begin(), table.end(),
                           [](const auto& entry) { return entry.parent == ::getpid(); }));
}

TEST(CgroupHost, SweepsWhatADeadAgentLeft) {
  CgroupHost host = CgroupHost::open({});
  if (host.mode() == CgroupMode::none) {
    GTEST_SKIP() << "no writable cgroup v2 on this host";
  }
  const auto cgroup = host.create();
  ASSERT_TRUE(cgroup) << cgroup.error().message;
  const fs::path stale = (*cgroup)->path2().parent_path() / "ocibench-run-2-123456789-1";
  fs::create_directories(stale / "inner");
  CgroupHost::open({});
  EXPECT_FALSE(fs::exists(stale));
  EXPECT_TRUE(fs::exists((*cgroup)->path2())) << "a living agent's cgroup was swept";
}

}  // namespace
}  // namespace ocibench::agent
