#include "agent/process/linux_process_runner.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "agent/process/escapees.hpp"
#include "agent/process/launch.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDiskCheckEvery{200};
constexpr milliseconds kForever = std::chrono::hours(1);
/// After SIGKILL. A process stuck in the kernel for longer is a broken host.
constexpr milliseconds kKillPatience{30'000};
/// Between looks at a tree that is about to end: at first often, for the tool's sake, then less so.
constexpr milliseconds kFirstLook{1};
constexpr milliseconds kLastLook{20};

/// One run between the release of the tool and the end of its tree.
class Watch {
 public:
  struct Parts {
    const Clock& clock;
    const Command& command;
    const Cancellation& cancellation;
    Launch& launch;
    const LiveTree& tree;
  };

  explicit Watch(const Parts& parts)
      : parts_(parts),
        started_(parts.clock.now()),
        deadline_(started_ + parts.command.deadline),
        next_disk_check_(started_) {}

  /// Errors: those of executing the program; io when the tree survives SIGKILL.
  Result<void> until_ended();

  [[nodiscard]] MonoTime started() const { return started_; }
  /// Set when we killed the tool.
  [[nodiscard]] std::optional<Ending> killed_as() const { return killed_as_; }
  [[nodiscard]] std::uint32_t leftovers() const { return leftovers_; }

 private:
  void wait_for_event(milliseconds at_most);
  [[nodiscard]] milliseconds time_to_next_duty(MonoTime now) const;
  [[nodiscard]] bool ended(MonoTime now);
  void enforce_limits(MonoTime now);
  void kill(MonoTime now);
  [[nodiscard]] bool disk_is_short() const;

  const Parts parts_;
  const MonoTime started_;
  const MonoTime deadline_;
  MonoTime next_disk_check_;
  bool executing_ = false;
  bool execution_answered_ = false;
  bool cancelled_ = false;
  std::optional<MonoTime> tool_ended_;
  milliseconds look_every_ = kFirstLook;
  std::optional<MonoTime> killed_at_;
  std::optional<Ending> killed_as_;
  std::uint32_t leftovers_ = 0;
};

Result<void> Watch::until_ended() {
  parts_.launch.process.release();
  for (;;) {
    wait_for_event(time_to_next_duty(parts_.clock.now()));
    if (execution_answered_ && !executing_) {
      if (auto executed = parts_.launch.process.executed(); !executed) {
        return executed;
      }
      executing_ = true;
    }
    const MonoTime now = parts_.clock.now();
    if (ended(now)) {
      return {};
    }
    enforce_limits(now);
    if (killed_at_ && now > *killed_at_ + kKillPatience) {
      if (!tool_ended_) {
        parts_.launch.process.abandon();  // waiting for it could take for ever
      }
      return fail(ErrorCode::io, fmt::format("{}: processes survive SIGKILL; is the host's storage "
                                             "stuck?",
                                             parts_.command.argv.front()));
    }
  }
}

void Watch::wait_for_event(milliseconds at_most) {
  const bool reaping = tool_ended_.has_value();
  std::array<pollfd, 6> entries{{
      {.fd = reaping ? -1 : parts_.launch.process.pidfd(), .events = POLLIN},
      {.fd = executing_ ? -1 : parts_.launch.process.execution_fd(), .events = POLLIN},
      {.fd = cancelled_ ? -1 : parts_.cancellation.fd(), .events = POLLIN},
      {.fd = parts_.launch.output.fd(), .events = POLLIN},
      {.fd = parts_.launch.errors.fd(), .events = POLLIN},
      {.fd = reaping ? parts_.tree.change_fd() : -1, .events = POLLPRI},
  }};
  if (::poll(entries.data(), entries.size(), static_cast<int>(at_most.count())) <= 0) {
    return;
  }
  if (entries[0].revents != 0) {
    tool_ended_ = parts_.clock.now();
  }
  execution_answered_ = execution_answered_ || entries[1].revents != 0;
  cancelled_ = cancelled_ || entries[2].revents != 0;
  if (entries[3].revents != 0) {
    parts_.launch.output.drain();
  }
  if (entries[4].revents != 0) {
    parts_.launch.errors.drain();
  }
}

milliseconds Watch::time_to_next_duty(MonoTime now) const {
  if (tool_ended_ || killed_at_) {
    return look_every_;
  }
  MonoTime next = std::min(deadline_, now + kForever);
  if (parts_.command.min_free_bytes > 0) {
    next = std::min(next, next_disk_check_);
  }
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - now));
}

bool Watch::ended(MonoTime now) {
  if (!tool_ended_) {
    return false;
  }
  if (parts_.tree.empty()) {
    return true;
  }
  look_every_ = std::min(kLastLook, look_every_ * 2);
  if (!killed_at_ && now >= *tool_ended_ + ProcessRunner::kLinger) {
    leftovers_ = parts_.tree.alive();
    kill(now);
  }
  return false;
}

void Watch::enforce_limits(MonoTime now) {
  if (killed_at_) {
    parts_.tree.kill();
    return;
  }
  if (cancelled_) {
    killed_as_ = Ending::cancelled;
  } else if (now >= deadline_) {
    killed_as_ = Ending::timed_out;
  } else if (parts_.command.min_free_bytes > 0 && now >= next_disk_check_) {
    next_disk_check_ = now + kDiskCheckEvery;
    if (disk_is_short()) {
      killed_as_ = Ending::disk_exhausted;
    }
  }
  if (killed_as_) {
    kill(now);
  }
}

void Watch::kill(MonoTime now) {
  killed_at_ = now;
  look_every_ = kFirstLook;
  parts_.tree.kill();
}

bool Watch::disk_is_short() const {
  struct statvfs space {};
  return ::statvfs(parts_.command.working_directory.c_str(), &space) == 0 &&
         std::uint64_t{space.f_bavail} * space.f_frsize < parts_.command.min_free_bytes;
}

Result<void> check(const Command& command) {
  if (command.argv.empty() || command.deadline <= milliseconds(0)) {
    return fail(ErrorCode::usage, "a command needs an argv and a deadline");
  }
  const std::string& program = command.argv.front();
  if (::access(program.c_str(), F_OK) != 0) {
    return fail(ErrorCode::not_found, fmt::format("no such program: {}", program));
  }
  if (::access(program.c_str(), X_OK) != 0) {
    return fail(ErrorCode::unavailable, fmt::format("not executable: {}", program));
  }
  return {};
}

/// What an earlier program of the tools' user has left, such as one that was asked for its version.
void sweep(const Isolation& isolation) {
  if (isolation.user()) {
    for (const pid_t pid : processes_of(*isolation.user())) {
      ::kill(pid, SIGKILL);
    }
  }
}

void reap(SpawnedProcess& process, const LiveTree& tree, ProcessReport& report) {
  if (process.pid() < 0) {
    return;
  }
  const int status = process.wait().status;
  if (WIFEXITED(status)) {
    report.exit_code = WEXITSTATUS(status);
  } else {
    report.ending = Ending::signalled;
    report.signal = WTERMSIG(status);
  }
  tree.bury();
}

Result<void> finish_logs(Launch& run, ProcessReport& report) {
  auto finished = run.output.finish();
  if (finished) {
    finished = run.errors.finish();
  }
  report.stdout_bytes = run.output.bytes();
  report.stderr_bytes = run.errors.bytes();
  report.last_stderr_lines = run.errors.last_lines();
  return finished;
}

}  // namespace

LinuxProcessRunner::LinuxProcessRunner(const Clock& clock, TreeControl control,
                                       const std::optional<std::filesystem::path>& cgroup_parent,
                                       Isolation isolation)
    : clock_(clock), isolation_(std::move(isolation)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (control == TreeControl::best_available) {
    cgroups_ = CgroupHost::open(cgroup_parent);
    if (cgroups_->mode() == CgroupMode::none) {
      cgroups_.reset();
    }
  }
}

CgroupMode LinuxProcessRunner::cgroup_mode() const {
  return cgroups_ ? cgroups_->mode() : CgroupMode::none;
}

Result<Launch> LinuxProcessRunner::launch_apart(const Command& command) {
  if (auto given = isolation_.hand_over(command); !given) {
    return tl::unexpected(given.error());
  }
  sweep(isolation_);
  std::unique_ptr<RunCgroup> cgroup;
  if (cgroups_) {
    auto created = cgroups_->create();
    if (!created) {
      return tl::unexpected(created.error());
    }
    cgroup = std::move(*created);
  }
  return launch(command, isolation_.confine(command), std::move(cgroup));
}

Result<ProcessReport> LinuxProcessRunner::run(const Command& command, WindowObserver& observer,
                                              const Cancellation& cancellation) {
  if (auto checked = check(command); !checked) {
    return fail(checked.error(), "starting a tool");
  }
  auto launched = launch_apart(command);
  if (!launched) {
    return tl::unexpected(launched.error());
  }
  observer.prepare(launched->tree());
  const auto tree = launched->live_tree();
  const Escapees escapees(launched->tree(), isolation_.user());
  ProcessReport report;
  report.started_at = clock_.wall();
  observer.opened();
  Watch watch({clock_, command, cancellation, *launched, *tree});
  auto watched = watch.until_ended();
  report.wall = clock_.now() - watch.started();
  observer.closed();

  if (watched) {
    watched = escapees.end(report);
  }
  reap(launched->process, *tree, report);
  report.ending = watch.killed_as().value_or(report.ending);
  report.leftover_processes = watch.leftovers();
  if (!watched) {
    return fail(watched.error(), command.argv.front());
  }
  if (auto finished = finish_logs(*launched, report); !finished) {
    return tl::unexpected(finished.error());
  }
  return report;
}

}  // namespace ocibench::agent
