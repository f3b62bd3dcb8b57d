// Tools that look for what is none of their business, on this host, as root and as another user.

#include "agent/process/isolation.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/process/cgroup_layout.hpp"
#include "agent/process/escapees.hpp"
#include "agent/process/linux_process_runner.hpp"
#include "common/file.hpp"
#include "common/process/probe.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/test_tool.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using testing_support::become;
using testing_support::in_child;
using testing_support::kTestTool;
using testing_support::refuse_system_call;

constexpr uid_t kSomebody = 60123;

/// What an agent has: a state folder with a spool and a run of a tool, a key, and storage of a
/// registry.
struct Agent {
  Agent() {
    ::chmod(base.path().c_str(), 0755);
    make("keys/lane.key");
    make("state/spool.sqlite");
    make("storage-1/blob");
    fs::create_directories(work);
    ::chmod((base.path() / "state").c_str(), 0711);  // as agent_command does
    ::prctl(PR_SET_DUMPABLE, 0);                     // the same
    isolation = Isolation::establish({.work_directory = base.path() / "state/work",
                                      .hidden = {base.path() / "state", key},
                                      .hidden_beginnings = {base.path() / "storage-"},
                                      .programs = {fs::path(kTestTool).parent_path()}},
                                     clock);
  }

  void make(const fs::path& name) const {
    fs::create_directories((base.path() / name).parent_path());
    fs::permissions((base.path() / name).parent_path(), fs::perms::owner_all);
    if (!write_file_atomically(base.path() / name, "secret", FileReaders::owner)) {
      std::abort();
    }
  }

  [[nodiscard]] std::string run(std::vector<std::string> argv,
                                std::vector<fs::path> readable = {}) const {
    const Command command{.argv = std::move(argv),
                          .working_directory = work,
                          .writable = {work},
                          .readable = std::move(readable)};
    const Result<void> given = isolation.hand_over(command);
    const auto answer = capture({.argv = command.argv,
                                 .working_directory = work,
                                 .confinement = isolation.confine(command)},
                                clock);
    return !given ? given.error().message : answer ? answer->text : answer.error().message;
  }

  /// Each pair is what to try and on what; a line each.
  [[nodiscard]] std::string pry(std::vector<std::string> at) const {
    at.insert(at.begin(), {kTestTool, "pry"});
    return isolation.description() + "\n" + run(at);
  }

  [[nodiscard]] std::string pry_at_everything() const {
    const std::string proc = fmt::format("/proc/{}/", ::getpid());
    return pry({"read",   base.path() / "state/spool.sqlite",
                "list",   base.path() / "state",
                "read",   key,
                "read",   base.path() / "storage-1/blob",
                "list",   base.path() / "storage-1",
                "write",  base.path() / "storage-1/new",
                "open",   proc + "environ",
                "open",   proc + "mem",
                "list",   proc + "root",
                "signal", std::to_string(::getpid()),
                "trace",  std::to_string(::getpid()),
                "list",   "/proc/1/root",
                "write",  "here",
                "write",  detect_cgroup_layout("/proc").own2 / "cgroup.procs"});
  }

  SystemClock clock;
  TemporaryDirectory base = TemporaryDirectory::create("/tmp", "isolation-test-").value();
  fs::path work = base.path() / "state/work/run/work";
  fs::path key = base.path() / "keys/lane.key";
  Isolation isolation;
};

/// Nothing of it is there to be seen.
const std::string kBlind =
    "read: No such file or directory\n"
    "list: work\n"
    "read: (\"\"|Permission denied)\n"
    "read: No such file or directory\n"
    "list: \n"
    "write: (Permission denied|done)\n"  // into an empty folder that is nobody else's
    "open: No such file or directory\n"
    "open: No such file or directory\n"
    "list: No such file or directory\n"
    "signal: No such process\n"
    "trace: No such process\n"
    "list: Permission denied\n"
    "write: done\n"
    "write: (Read-only file system|Permission denied)\n";

bool is_root() { return ::geteuid() == 0; }

TEST(Isolation, ARootAgentsToolsSeeNothingOfItAndReachNothing) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  const Agent agent;
  const std::string seen = agent.pry_at_everything();
  if (!agent.isolation.confine({.argv = {kTestTool}}).namespaces) {
    GTEST_SKIP() << seen;
  }
  EXPECT_THAT(seen, MatchesRegex("a user of their own, own mounts, own processes\n" + kBlind));
  EXPECT_FALSE(fs::exists(agent.base.path() / "storage-1/new"));
}

TEST(Isolation, AnotherUsersToolsSeeNothingOfItAndReachNothing) {
  if (!is_root()) {
    const Agent agent;
    GTEST_SKIP() << "needs root to become somebody; here: " << agent.isolation.description();
  }
  const std::string seen = in_child([] {
    return become(kSomebody) ? Agent().pry_at_everything() : std::string("cannot become somebody");
  });
  if (seen.starts_with(kNotIsolated)) {
    GTEST_SKIP() << seen;
  }
  EXPECT_THAT(seen, MatchesRegex("a user namespace, own mounts, own processes\n" + kBlind));
}

TEST(Isolation, WithoutNamespacesARootAgentsToolsAreAnotherUserStill) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  const std::string seen = in_child([] {
    return refuse_system_call(SYS_unshare, EPERM) ? Agent().pry_at_everything()
                                                  : std::string("cannot refuse");
  });
  EXPECT_THAT(seen, StartsWith("a user of their own, the host's mounts and processes (/bin/sh: "
                               "cannot have namespaces of its own: Operation not permitted)\n"
                               "read: Permission denied\n"
                               "list: Permission denied\n"
                               "read: Permission denied\n"
                               "read: Permission denied\n"
                               "list: Permission denied\n"
                               "write: Permission denied\n"
                               "open: Permission denied\n"
                               "open: Permission denied\n"
                               "list: Permission denied\n"
                               "signal: Operation not permitted\n"
                               "trace: Operation not permitted\n"
                               "list: Permission denied\n"
                               "write: done\n"));
}

TEST(Isolation, SaysWhyThereIsNone) {
  const std::string described = in_child([] {
    const bool refused = refuse_system_call(SYS_unshare, EPERM) &&
                         (!is_root() || refuse_system_call(SYS_setresuid, EPERM));
    return refused ? Agent().isolation.description() : std::string("cannot refuse");
  });
  EXPECT_THAT(described, StartsWith("not isolated: "));
  EXPECT_THAT(described, HasSubstr("Operation not permitted"));
}

TEST(Isolation, AToolSeesItsOwnProcessesOnly) {
  const Agent agent;
  if (!agent.isolation.confine({.argv = {kTestTool}}).namespaces) {
    GTEST_SKIP() << agent.isolation.description();
  }
  // The keeper of its process ids, and itself.
  EXPECT_EQ(agent.run({"/bin/sh", "-c", "echo /proc/[0-9]*"}), "/proc/1 /proc/2\n");
}

TEST(Isolation, AToolBelowAClosedFolderRunsUnderItsOwnName) {
  const Agent agent;
  if (!agent.isolation.confine({.argv = {kTestTool}}).namespaces) {
    GTEST_SKIP() << agent.isolation.description();
  }
  agent.make("closed/tools/secret");
  ::chmod((agent.base.path() / "closed").c_str(), 0700);
  const fs::path tool = agent.base.path() / "closed/tools/bin/a-tool";
  fs::create_directories(tool.parent_path());
  fs::copy_file(kTestTool, tool);
  EXPECT_EQ(agent.run({tool.string(), "name"}), tool.string() + "\n");
  EXPECT_EQ(agent.run({"/bin/sh", "-c", "echo name | /usr/bin/xargs " + tool.string()}, {tool}),
            tool.string() + "\n");
  if (is_root()) {
    EXPECT_EQ(agent.run({kTestTool, "pry", "list", agent.base.path() / "closed/tools"}, {tool}),
              "list: bin\n");
  }
}

TEST(Isolation, AToolGetsItsOwnFoldersAndStreams) {
  const Agent agent;
  EXPECT_EQ(agent.run({"/bin/sh", "-c", "echo out > /dev/stdout && touch mine && ls"}),
            "out\nmine\n");
  if (const auto user = agent.isolation.user()) {
    struct stat status {};
    ASSERT_EQ(::stat((agent.work / "mine").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, *user);
    EXPECT_THAT(*user, testing::AllOf(testing::Ge(ToolUser::kFirst), testing::Le(ToolUser::kLast)));
    EXPECT_EQ(agent.run({"/usr/bin/id", "-u"}), fmt::format("{}\n", *user));
    EXPECT_EQ(agent.run({"/usr/bin/id", "-G"}), fmt::format("{}\n", *user)) << "no other group";
  }
}

TEST(Isolation, SaysWhomAProgramDoesNotAllow) {
  const Agent agent;
  if (!agent.isolation.user()) {
    GTEST_SKIP() << agent.isolation.description();
  }
  const fs::path tool = agent.work / "a-tool";
  fs::copy_file(kTestTool, tool);
  fs::permissions(tool, fs::perms::owner_all);
  const auto answer = capture(
      {.argv = {tool.string()}, .confinement = agent.isolation.confine({.argv = {tool.string()}})},
      agent.clock);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_THAT(answer.error().message,
              HasSubstr(fmt::format("may not be executed by user {}", *agent.isolation.user())));
}

TEST(Isolation, LeavesFilesOfSeveralNamesWithTheirOwner) {
  const Agent agent;
  if (!agent.isolation.user()) {
    GTEST_SKIP() << agent.isolation.description();
  }
  fs::create_hard_link(agent.key, agent.work / "innocent");
  EXPECT_EQ(agent.run({"/bin/true"}), "");
  struct stat status {};
  ASSERT_EQ(::stat(agent.key.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
}

TEST(Isolation, TwoAgentsToolsAreDifferentUsers) {
  if (!is_root()) {
    GTEST_SKIP() << "needs root";
  }
  const auto first = ToolUser::claim();
  const auto second = ToolUser::claim();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->id(), second->id());
}

class Unwatched final : public WindowObserver {
 public:
  void prepare(const ProcessTree&) override {}
  void opened() override {}
  void closed() override {}
};

class IsolatedRunTest : public testing::TestWithParam<TreeControl> {
 protected:
  ProcessReport run(std::vector<std::string> argv) {
    argv.insert(argv.begin(), kTestTool);
    const auto log = [&](const char* name) {
      return agent_.base.path() / fmt::format("{}-{}", ++runs_, name);
    };
    Unwatched observer;
    const Cancellation cancellation;
    const auto report = runner_.run({.argv = std::move(argv),
                                     .working_directory = agent_.work,
                                     .stdout_log = log("out.gz"),
                                     .stderr_log = log("err.gz"),
                                     .deadline = std::chrono::seconds(60),
                                     .writable = {agent_.work}},
                                    observer, cancellation);
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ProcessReport{});
  }

  Agent agent_;
  LinuxProcessRunner runner_{agent_.clock, GetParam(), {}, agent_.isolation};
  int runs_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Trees, IsolatedRunTest,
                         testing::Values(TreeControl::best_available, TreeControl::process_table),
                         [](const auto& trees) {
                           return trees.param == TreeControl::best_available ? "Cgroup" : "Proc";
                         });

TEST_P(IsolatedRunTest, WaitsForOrphansAndKillsThoseThatLinger) {
  EXPECT_GE(run({"orphan", "300"}).wall, std::chrono::milliseconds(290));
  const ProcessReport report = run({"orphan", "60000"});
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.leftover_processes, 1U);
  EXPECT_EQ(report.escaped_processes, 0U);
}

TEST_P(IsolatedRunTest, LeavesNothingBehind) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(run({"daemons", "3", "1"}).exit_code, 0);
  }
  const auto table = read_process_table("/proc");
  EXPECT_TRUE(std::none_of(table.begin(), table.end(),
                           [](const auto& entry) { return entry.parent == ::getpid(); }));
  if (agent_.isolation.user()) {
    EXPECT_THAT(processes_of(*agent_.isolation.user()), testing::IsEmpty());
  }
}

}  // namespace
}  // namespace ocibench::agent
