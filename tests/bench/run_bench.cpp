// What the process runner adds to a run of a tool that does nothing.
//
//   run_bench [ROUNDS]      200 rounds
//
// Every round runs /bin/true in each way, in turn: by posix_spawn and waitpid alone (the limit),
// and by the process runner with and without a cgroup, isolated and not. What to believe: the
// ratios to the limit of the same run. Isolation needs what an agent's needs (decision 23); what it
// amounts to here is printed first.
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "agent/process/isolation.hpp"
#include "agent/process/linux_process_runner.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"

namespace {

using ocibench::Clock;
using ocibench::MonoTime;
using ocibench::Result;
using ocibench::SystemClock;
using ocibench::TemporaryDirectory;
using ocibench::agent::Cancellation;
using ocibench::agent::Isolation;
using ocibench::agent::LinuxProcessRunner;
using ocibench::agent::ProcessTree;
using ocibench::agent::TreeControl;
using Duration = std::chrono::nanoseconds;

constexpr const char* kNullTool = "/bin/true";

class Unwatched final : public ocibench::agent::WindowObserver {
 public:
  void prepare(const ProcessTree&) override {}
  void opened() override {}
  void closed() override {}
};

template <class T>
T require(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().message);
  }
  return std::move(*result);
}

Duration spawn_and_wait(const Clock& clock) {
  char program[] = "/bin/true";
  char* const argv[] = {program, nullptr};
  const MonoTime begin = clock.now();
  pid_t pid = -1;
  if (::posix_spawn(&pid, kNullTool, nullptr, nullptr, argv, environ) != 0 ||
      ::waitpid(pid, nullptr, 0) != pid) {
    throw std::runtime_error("cannot run /bin/true");
  }
  return clock.now() - begin;
}

Duration run_by(LinuxProcessRunner& runner, const std::filesystem::path& base) {
  Unwatched observer;
  const Cancellation cancellation;
  for (const char* log : {"out.gz", "err.gz"}) {
    std::filesystem::remove(base / log);
  }
  return require(runner.run({.argv = {kNullTool},
                             .working_directory = base / "work/run",
                             .stdout_log = base / "out.gz",
                             .stderr_log = base / "err.gz",
                             .deadline = std::chrono::seconds(60),
                             .writable = {base / "work/run"}},
                            observer, cancellation))
      .wall;
}

struct Way {
  std::string name;
  std::function<Duration()> run;
  std::vector<Duration> took = {};

  [[nodiscard]] double median_ms() {
    std::sort(took.begin(), took.end());
    return std::chrono::duration<double, std::milli>(took[took.size() / 2]).count();
  }
};

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 200;
  if (rounds < 1) {
    fmt::print(stderr, "usage: run_bench [ROUNDS]\n");
    return 64;
  }
  const SystemClock clock;
  const auto base = require(TemporaryDirectory::create("/tmp", "run-bench-"));
  std::filesystem::permissions(base.path(), std::filesystem::perms(0755));
  std::filesystem::create_directories(base.path() / "work/run");
  const Isolation isolation = Isolation::establish({.work_directory = base.path() / "work"}, clock);
  LinuxProcessRunner plain_cgroup(clock, TreeControl::best_available);
  LinuxProcessRunner plain_proc(clock, TreeControl::process_table);
  LinuxProcessRunner apart_cgroup(clock, TreeControl::best_available, {}, isolation);
  LinuxProcessRunner apart_proc(clock, TreeControl::process_table, {}, isolation);
  const auto by = [&](LinuxProcessRunner& runner) {
    return [&] { return run_by(runner, base.path()); };
  };
  std::vector<Way> ways = {{"posix_spawn, waitpid", [&] { return spawn_and_wait(clock); }},
                           {"runner, best tree", by(plain_cgroup)},
                           {"runner, process table", by(plain_proc)},
                           {"isolated, best tree", by(apart_cgroup)},
                           {"isolated, process table", by(apart_proc)}};
  fmt::print("isolation here: {}\n", isolation.description());
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      way.took.push_back(way.run());
    }
  }
  const double limit = ways.front().median_ms();
  fmt::print("{:<24} {:>10} {:>10} {:>7}\n", "way", "median ms", "least ms", "ratio");
  for (Way& way : ways) {
    const double median = way.median_ms();
    fmt::print("{:<24} {:>10.3f} {:>10.3f} {:>7.2f}\n", way.name, median,
               std::chrono::duration<double, std::milli>(way.took.front()).count(), median / limit);
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "run_bench: {}\n", error.what());
  return 70;
}
