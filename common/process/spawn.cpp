#include "common/process/spawn.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/process/child.hpp"
#include "common/process/mount_plan.hpp"

namespace ocibench {
namespace {

constexpr int kFirstFreeFd = STDERR_FILENO + 1;
constexpr const char* kKilledEarly = "a process was killed before it had become a program";

struct Born {
  pid_t pid = -1;
  Fd pidfd;
};

/// Returns twice, like fork. pid -1: errno says why.
Born clone_into(int cgroup2_fd) {
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  if (cgroup2_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<__u64>(cgroup2_fd);
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  return {pid, Fd(pid > 0 ? pidfd : -1)};
}

/// Moves the child, which waits at its gate, into the cgroup from outside.
bool move_into(int cgroup2_fd, pid_t pid) {
  const Fd members(::openat(cgroup2_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC));
  return members && ::dprintf(members.get(), "%d", pid) > 0;
}

/// As clone_into where clone3 is refused: container runtimes filter it (ENOSYS), old kernels lack
/// CLONE_INTO_CGROUP (EINVAL).
Born fork_into(int cgroup2_fd) {
  Born born = clone_into(cgroup2_fd);
  if (born.pid >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL)) {
    return born;
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (pid <= 0) {
    return {pid, Fd()};
  }
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd || (cgroup2_fd >= 0 && !move_into(cgroup2_fd, pid))) {
    const int code = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    errno = code;
    return {-1, Fd()};
  }
  return {pid, std::move(pidfd)};
}

Result<Born> start_child(ChildPlan& plan) {
  // A handler of ours must not run in the child before it has reset them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Born born = fork_into(plan.namespaces ? -1 : plan.cgroup2_fd);
  if (born.pid == 0) {
    if (plan.namespaces) {
      run_divider(plan);
    }
    run_child(plan);
  }
  const int code = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (born.pid < 0) {
    return fail_errno("cannot start a process", code);
  }
  return born;
}

std::vector<char*> c_array(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

Fd above_stdio(int fd) {
  if (fd < 0 || fd >= kFirstFreeFd) {
    return Fd(fd);
  }
  const Fd low(fd);
  return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFreeFd));
}

/// nullopt: nobody is left who could report.
std::optional<ChildReport> read_report(int fd) {
  ChildReport report;
  ssize_t got = 0;
  do {
    got = ::read(fd, &report, sizeof report);
  } while (got < 0 && errno == EINTR);
  return got == sizeof report ? std::optional(report) : std::nullopt;
}

std::string describe(const ChildPlan& plan, const ChildReport& report) {
  switch (report.step) {
    case ChildStep::enter_namespaces: return "cannot have namespaces of its own";
    case ChildStep::map_user: return "cannot have a user namespace of its own";
    case ChildStep::part_mounts: return "cannot part its mounts from the host's";
    case ChildStep::find: return fmt::format("cannot bind {}", plan.mounts[report.item].path);
    case ChildStep::mount: return fmt::format("cannot mount on {}", plan.mounts[report.item].path);
    case ChildStep::mount_proc: return "cannot mount a /proc of its own";
    case ChildStep::change_user: return fmt::format("cannot become user {}", *plan.user);
    case ChildStep::enter_directory:
      return fmt::format("cannot enter {}{}", plan.working_directory,
                         plan.user ? fmt::format(" as user {}", *plan.user) : "");
    case ChildStep::divide:
    case ChildStep::divided:
    case ChildStep::arrange:
    case ChildStep::ready:
    case ChildStep::execute: break;
  }
  return "cannot set a process up";
}

/// What has been reported before the gate. The divider and the child write in any order.
struct Reports {
  std::optional<ChildReport> divided;
  std::optional<ChildReport> child;  ///< or the divider's, when it has failed
};

/// Blocks until the child is at its gate or nobody is left who could report.
Reports read_reports(int fd, bool namespaces) {
  Reports reports;
  while (!reports.child || (namespaces && !reports.divided)) {
    const std::optional<ChildReport> report = read_report(fd);
    if (!report) {
      break;
    }
    (report->step == ChildStep::divided ? reports.divided : reports.child) = report;
  }
  return reports;
}

Result<void> at_its_gate(const std::optional<ChildReport>& report, const ChildPlan& plan) {
  if (!report) {
    return fail(ErrorCode::io, kKilledEarly);
  }
  if (report->error == 0) {
    return {};
  }
  Error error = fail_errno(describe(plan, *report), report->error).value();
  if (report->step == ChildStep::enter_directory && report->error == ENOENT) {
    error.code = ErrorCode::not_found;
  } else if (plan.namespaces || plan.user) {
    error.code = ErrorCode::unavailable;
  }
  return tl::unexpected(std::move(error));
}

/// Our ends of the pipes to a child.
struct Ends {
  Fd gate;
  Fd reports;
  Fd life;
};

/// Waits until the child that was born, or the one that it has made, is at its gate.
Result<SpawnedProcess> claim(Born born, const ChildPlan& plan, Ends ends) {
  const Reports reports = read_reports(ends.reports.get(), plan.namespaces);
  NamespaceKeeper keeper;
  if (plan.namespaces) {
    ::kill(born.pid, SIGKILL);  // the divider, which has done its part
    ::waitpid(born.pid, nullptr, 0);
    if (!reports.divided) {
      return at_its_gate(reports.child, plan).and_then([]() -> Result<SpawnedProcess> {
        return fail(ErrorCode::io, kKilledEarly);
      });
    }
    keeper = NamespaceKeeper(reports.divided->keeper, std::move(ends.life));
    born = {reports.divided->child, Fd()};
    if (born.pid < 0) {
      return fail_errno("cannot start a process in namespaces of its own", reports.divided->error);
    }
    born.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, born.pid, 0)));
  }
  const bool held = static_cast<bool>(born.pidfd);
  SpawnedProcess process(born.pid, std::move(born.pidfd), std::move(ends.gate),
                         std::move(ends.reports), std::move(keeper));
  const bool outside = reports.divided && plan.cgroup2_fd >= 0 && !reports.divided->in_cgroup;
  if (!held || (outside && !move_into(plan.cgroup2_fd, process.pid()))) {
    return fail_errno("cannot hold a process", errno);
  }
  return at_its_gate(reports.child, plan).map([&] { return std::move(process); });
}

/// Programs open /dev/stdout by name, for which the pipe must be theirs.
void give_pipe(int fd, uid_t user) {
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) {
    [[maybe_unused]] const int ignored = ::fchown(fd, user, user);
  }
}

/// The kernel would refuse it too, but would not say whom.
Result<void> check_executable(const SpawnRequest& request) {
  const std::optional<uid_t> user = request.confinement.user;
  const PathFacts facts = look_as(user)(request.argv.front());
  if (!user || facts.kind == PathFacts::Kind::absent || facts.searchable) {
    return {};
  }
  return fail(
      ErrorCode::unavailable,
      fmt::format("{} may not be executed by user {}, as whom it is to run: let others read "
                  "and execute it (chmod go+rx)",
                  request.argv.front(), *user));
}

/// The texts that a plan points to.
struct PlanTexts {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<MountStep> mounts;
};

void set_apart(const Confinement& confinement, PlanTexts& texts, ChildPlan& plan) {
  plan.user = confinement.user;
  plan.namespaces = confinement.namespaces;
  if (plan.user) {
    give_pipe(plan.stdout_fd, *plan.user);
    give_pipe(plan.stderr_fd, *plan.user);
  }
  if (!plan.namespaces) {
    return;
  }
  if (::geteuid() != 0) {
    plan.user_map = fmt::format("{0} {0} 1", ::geteuid());
    plan.group_map = fmt::format("{0} {0} 1", ::getegid());
  }
  Confinement resolved = confinement;
  resolved.readable = with_canonical(confinement.readable);
  resolved.writable = with_canonical(confinement.writable);
  texts.mounts = plan_mounts(resolved, look_as(confinement.user));
  for (const MountStep& step : texts.mounts) {
    plan.mounts.push_back({.kind = step.kind, .path = step.path.c_str()});
  }
}

}  // namespace

Result<Pipe> Pipe::create() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail_errno("cannot create a pipe", errno);
  }
  Pipe pipe{above_stdio(ends[0]), above_stdio(ends[1])};
  if (!pipe.read_end || !pipe.write_end) {
    return fail_errno("cannot move a pipe above the standard descriptors", errno);
  }
  return pipe;
}

NamespaceKeeper& NamespaceKeeper::operator=(NamespaceKeeper&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    life_ = std::move(other.life_);
  }
  return *this;
}

void NamespaceKeeper::end() {
  const pid_t pid = pid_;
  abandon();
  while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void NamespaceKeeper::abandon() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    pid_ = -1;
  }
  life_.reset();
}

SpawnedProcess::SpawnedProcess(pid_t pid, Fd pidfd, Fd gate, Fd failure, NamespaceKeeper keeper)
    : keeper_(std::move(keeper)),
      pid_(pid),
      pidfd_(std::move(pidfd)),
      gate_(std::move(gate)),
      failure_(std::move(failure)) {}

SpawnedProcess::SpawnedProcess(SpawnedProcess&& other) noexcept
    : keeper_(std::move(other.keeper_)),
      pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      gate_(std::move(other.gate_)),
      failure_(std::move(other.failure_)) {}

SpawnedProcess::~SpawnedProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);  // it may not have come to its setsid() yet
    kill_group_and_wait();
  }
}

void SpawnedProcess::release() {
  [[maybe_unused]] const ssize_t ignored = ::write(gate_.get(), "g", 1);
}

Result<void> SpawnedProcess::executed() {
  const std::optional<ChildReport> report = read_report(failure_.get());
  failure_.reset();
  if (!report) {
    return {};
  }
  const int code = report->error;
  if (code == ENOENT || code == ENOTDIR) {
    return fail(ErrorCode::not_found, "no such program or interpreter");
  }
  if (code == EACCES || code == EPERM || code == ENOEXEC || code == ENOSYS) {
    return fail(ErrorCode::unavailable, fail_errno("cannot be executed", code).value().message);
  }
  return fail_errno("cannot be executed", code);
}

SpawnedProcess::End SpawnedProcess::kill_group_and_wait() {
  const pid_t group = pid_;
  ::kill(-group, SIGKILL);
  const End end = wait();
  // Orphans come to us when we are their subreaper. Each is dying, so this doesn't take long.
  while (::waitpid(-group, nullptr, 0) > 0 || errno == EINTR) {
  }
  return end;
}

SpawnedProcess::End SpawnedProcess::wait() {
  End end;
  rusage usage{};
  while (::wait4(pid_, &end.status, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  end.cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
  return end;
}

Result<SpawnedProcess> spawn(const SpawnRequest& request) {
  if (auto executable = check_executable(request); !executable) {
    return tl::unexpected(executable.error());
  }
  const Fd null = above_stdio(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Result<Pipe> gate = Pipe::create();
  Result<Pipe> reports = Pipe::create();
  Result<Pipe> life = Pipe::create();
  if (!null || !gate || !reports || !life) {
    return fail_errno("cannot open the descriptors of a child", errno);
  }
  PlanTexts texts{.argv = request.argv, .environment = {}, .mounts = {}};
  for (const auto& [name, value] : request.environment) {
    texts.environment.push_back(fmt::format("{}={}", name, value));
  }
  ChildPlan plan;
  plan.argv = c_array(texts.argv);
  plan.environment = c_array(texts.environment);
  plan.working_directory = request.working_directory.c_str();
  plan.stdin_fd = request.stdin_fd >= 0 ? request.stdin_fd : null.get();
  plan.stdout_fd = request.stdout_fd;
  plan.stderr_fd = request.stderr_fd;
  plan.gate_read = gate->read_end.get();
  plan.gate_write = gate->write_end.get();
  plan.report_write = reports->write_end.get();
  plan.cgroup2_fd = request.cgroup2_fd;
  plan.life_read = life->read_end.get();
  plan.life_write = life->write_end.get();
  set_apart(request.confinement, texts, plan);
  Result<Born> born = start_child(plan);
  if (!born) {
    return fail(born.error(), request.argv.front());
  }
  reports->write_end.reset();  // ours must not keep it open when all who could report are gone
  return claim(
             *std::move(born), plan,
             {std::move(gate->write_end), std::move(reports->read_end), std::move(life->write_end)})
      .map_error([&](const Error& error) { return error.with_context(request.argv.front()); });
}

}  // namespace ocibench
