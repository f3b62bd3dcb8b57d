#include "common/process/spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace ocibench {
namespace {

constexpr int kFirstFreeFd = STDERR_FILENO + 1;
constexpr int kChildGaveUp = 127;

/// Everything the child touches, prepared before the fork: between fork and execve of a threaded
/// program only async-signal-safe calls are allowed, and no allocation.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* working_directory = nullptr;
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
  int gate_read = -1;
  int gate_write = -1;
  int failure_write = -1;
};

[[noreturn]] void give_up(const ChildPlan& plan) {
  const int code = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(plan.failure_write, &code, sizeof code);
  ::_exit(kChildGaveUp);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) {
    ::sigaction(number, &action, nullptr);  // refuses SIGKILL and SIGSTOP, which are fine already
  }
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  ::close(plan.gate_write);  // else our own copy would keep the gate from ever reading EOF
  ::setsid();
  reset_signals();
  if (::dup2(plan.stdin_fd, STDIN_FILENO) < 0 || ::dup2(plan.stdout_fd, STDOUT_FILENO) < 0 ||
      ::dup2(plan.stderr_fd, STDERR_FILENO) < 0 || ::chdir(plan.working_directory) != 0 ||
      ::syscall(SYS_close_range, kFirstFreeFd, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) {
    give_up(plan);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a parent that is gone already closes the gate below
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char token = 0;
  ssize_t got = 0;
  do {
    got = ::read(plan.gate_read, &token, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) {
    ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
    give_up(plan);
  }
  ::_exit(kChildGaveUp);  // the parent is gone or has changed its mind
}

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

Result<Born> start_child(const ChildPlan& plan, int cgroup2_fd) {
  // A handler of ours must not run in the child before it has reset them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Born born = fork_into(cgroup2_fd);
  if (born.pid == 0) {
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

SpawnedProcess::SpawnedProcess(pid_t pid, Fd pidfd, Fd gate, Fd failure)
    : pid_(pid), pidfd_(std::move(pidfd)), gate_(std::move(gate)), failure_(std::move(failure)) {}

SpawnedProcess::SpawnedProcess(SpawnedProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
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
  int code = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure_.get(), &code, sizeof code);
  } while (got < 0 && errno == EINTR);
  failure_.reset();
  if (got != sizeof code) {
    return {};
  }
  if (code == ENOENT || code == ENOTDIR) {
    return fail(ErrorCode::not_found, "no such program, interpreter or working directory");
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
  const Fd null = above_stdio(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Result<Pipe> gate = Pipe::create();
  Result<Pipe> failure = Pipe::create();
  if (!null || !gate || !failure) {
    return fail_errno("cannot open the descriptors of a child", errno);
  }
  std::vector<std::string> argv = request.argv;
  std::vector<std::string> environment;
  for (const auto& [name, value] : request.environment) {
    environment.push_back(fmt::format("{}={}", name, value));
  }
  ChildPlan plan;
  plan.argv = c_array(argv);
  plan.environment = c_array(environment);
  plan.working_directory = request.working_directory.c_str();
  plan.stdin_fd = request.stdin_fd >= 0 ? request.stdin_fd : null.get();
  plan.stdout_fd = request.stdout_fd;
  plan.stderr_fd = request.stderr_fd;
  plan.gate_read = gate->read_end.get();
  plan.gate_write = gate->write_end.get();
  plan.failure_write = failure->write_end.get();
  Result<Born> born = start_child(plan, request.cgroup2_fd);
  if (!born) {
    return fail(born.error(), request.argv.front());
  }
  return SpawnedProcess(born->pid, std::move(born->pidfd), std::move(gate->write_end),
                        std::move(failure->read_end));
}

}  // namespace ocibench
