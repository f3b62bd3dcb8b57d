#include "common/process/child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>

namespace ocibench {
namespace {

constexpr int kAboveStdio = STDERR_FILENO + 1;
constexpr int kChildGaveUp = 127;
constexpr mode_t kUsualUmask = 022;
constexpr mode_t kSkeletonMode = 0755;
/// Holds nothing but empty folders and files.
constexpr const char* kCoverOptions = "mode=0755,size=1m";

[[noreturn]] void give_up(const ChildPlan& plan, ChildStep step, std::size_t item = 0) {
  const ChildReport report{.step = step, .error = errno, .item = item};
  [[maybe_unused]] const ssize_t ignored = ::write(plan.report_write, &report, sizeof report);
  ::_exit(kChildGaveUp);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) {
    ::sigaction(number, &action, nullptr);  // refuses SIGKILL and SIGSTOP, which are fine already
  }
}

void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a parent that is gone already closes the pipes we read
}

bool write_text(const char* file, const char* text, std::size_t length) {
  const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text, length) != static_cast<ssize_t>(length)) {
    return false;
  }
  ::close(fd);
  return true;
}

/// user_namespaces(7): one's own user and group can be mapped by oneself.
bool map_user(const ChildPlan& plan) {
  constexpr std::string_view kDeny = "deny";
  // The files in /proc/self belong to us only while we may be traced, which we may not be before
  // and after: our memory is a copy of our parent's.
  ::prctl(PR_SET_DUMPABLE, 1);
  const bool mapped =
      write_text("/proc/self/setgroups", kDeny.data(), kDeny.size()) &&
      write_text("/proc/self/gid_map", plan.group_map.data(), plan.group_map.size()) &&
      write_text("/proc/self/uid_map", plan.user_map.data(), plan.user_map.size());
  const int code = errno;
  ::prctl(PR_SET_DUMPABLE, 0);
  errno = code;
  return mapped;
}

/// The cover of a file and what is bound are found while they can still be seen.
bool find(ChildMount& step) {
  switch (step.kind) {
    case MountStep::Kind::cover_file:
      step.tree = ::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
      return step.tree >= 0;
    case MountStep::Kind::bind:
    case MountStep::Kind::bind_read_only:
      step.tree =
          ::open_tree(AT_FDCWD, step.path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
      return step.tree >= 0;
    case MountStep::Kind::cover_directory:
    case MountStep::Kind::make_directory:
    case MountStep::Kind::make_file: return true;
  }
  return false;
}

bool make_file(const char* path) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kSkeletonMode);
  return fd >= 0 && ::close(fd) == 0;
}

bool attach(const ChildMount& step) {
  return ::move_mount(step.tree, "", AT_FDCWD, step.path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool make_read_only(int tree) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return ::mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) ==
         0;
}

/// What has gone since the plan was made, such as the storage of another agent's registry, need not
/// be covered.
bool take(const ChildMount& step) {
  switch (step.kind) {
    case MountStep::Kind::cover_directory:
      return ::mount("ocibench", step.path, "tmpfs", MS_NOSUID | MS_NODEV, kCoverOptions) == 0 ||
             errno == ENOENT;
    case MountStep::Kind::make_directory: return ::mkdir(step.path, kSkeletonMode) == 0;
    case MountStep::Kind::make_file: return make_file(step.path);
    case MountStep::Kind::bind_read_only: return make_read_only(step.tree) && attach(step);
    case MountStep::Kind::cover_file: return attach(step) || errno == ENOENT;
    case MountStep::Kind::bind: return attach(step);
  }
  return false;
}

void arrange_mounts(ChildPlan& plan) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    give_up(plan, ChildStep::part_mounts);
  }
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (!find(plan.mounts[i])) {
      give_up(plan, ChildStep::find, i);
    }
  }
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (!take(plan.mounts[i])) {
      give_up(plan, ChildStep::mount, i);
    }
  }
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    give_up(plan, ChildStep::mount_proc);
  }
}

/// By system call: the library's functions would have every thread of our parent follow.
void change_user(const ChildPlan& plan) {
  const uid_t user = *plan.user;
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
      ::syscall(SYS_setresgid, user, user, user) != 0 ||
      ::syscall(SYS_setresuid, user, user, user) != 0) {
    give_up(plan, ChildStep::change_user);
  }
}

void set_apart(ChildPlan& plan) {
  if (plan.namespaces) {
    arrange_mounts(plan);
  }
  if (plan.user) {
    change_user(plan);
  }
  if (plan.namespaces || plan.user) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    end_with_parent();  // a change of user takes it back
  }
}

void report(const ChildPlan& plan, const ChildReport& report) {
  if (::write(plan.report_write, &report, sizeof report) != sizeof report) {
    ::_exit(kChildGaveUp);
  }
}

/// Signals are blocked, and the namespaces' own processes cannot send it any.
[[noreturn]] void keep_namespaces(const ChildPlan& plan) {
  end_with_parent();
  ::prctl(PR_SET_DUMPABLE, 0);  // what is in there must not look into our copy of the parent
  ::prctl(PR_SET_NAME, "ocibench-keeper");
  ::setsid();
  char nothing = 0;
  // Else it would hold the gate, the report pipe, and all that its grandparent has open.
  if (::chdir("/") != 0 || ::dup2(plan.life_read, 0) != 0 ||
      ::syscall(SYS_close_range, 1, UINT_MAX, 0) != 0) {
    ::_exit(kChildGaveUp);
  }
  while (::read(0, &nothing, 1) < 0 && errno == EINTR) {
  }
  ::_exit(0);
}

/// A sibling of ours; returns twice, like fork. Where clone3 is refused it is not born in the
/// cgroup: see spawn().
pid_t clone_sibling(int cgroup2_fd, bool& in_cgroup) {
  clone_args args{};
  args.flags = CLONE_PARENT;
  if (cgroup2_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<__u64>(cgroup2_fd);
  }
  auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  in_cgroup = pid > 0 && cgroup2_fd >= 0;
  if (pid < 0) {
    pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
  }
  return pid;
}

/// Waits until the keeper holds nothing any more that its parent or the child proper is to close.
pid_t make_keeper(const ChildPlan& plan) {
  std::array<int, 2> held{-1, -1};
  if (::pipe2(held.data(), O_CLOEXEC) != 0) {
    return -1;
  }
  bool in_cgroup = false;
  const pid_t keeper = clone_sibling(-1, in_cgroup);
  if (keeper == 0) {
    keep_namespaces(plan);
  }
  ::close(held[1]);
  char nothing = 0;
  while (keeper > 0 && ::read(held[0], &nothing, 1) < 0 && errno == EINTR) {
  }
  ::close(held[0]);
  return keeper;
}

}  // namespace

void run_child(ChildPlan& plan) {
  ::close(plan.gate_write);  // else our own copy would keep the gate from ever reading EOF
  ::setsid();
  reset_signals();
  ::umask(kUsualUmask);
  end_with_parent();
  set_apart(plan);
  if (::dup2(plan.stdin_fd, STDIN_FILENO) < 0 || ::dup2(plan.stdout_fd, STDOUT_FILENO) < 0 ||
      ::dup2(plan.stderr_fd, STDERR_FILENO) < 0 ||
      ::syscall(SYS_close_range, kAboveStdio, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) {
    give_up(plan, ChildStep::arrange);
  }
  if (::chdir(plan.working_directory) != 0) {
    give_up(plan, ChildStep::enter_directory);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  report(plan, {.step = ChildStep::ready});
  char token = 0;
  ssize_t got = 0;
  do {
    got = ::read(plan.gate_read, &token, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) {
    ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
    give_up(plan, ChildStep::execute);
  }
  ::_exit(kChildGaveUp);  // the parent is gone or has changed its mind
}

void run_divider(ChildPlan& plan) {
  end_with_parent();
  const bool own_user = !plan.user_map.empty();
  if (::unshare(CLONE_NEWNS | CLONE_NEWPID | (own_user ? CLONE_NEWUSER : 0)) != 0) {
    give_up(plan, ChildStep::enter_namespaces);
  }
  if (own_user && !map_user(plan)) {
    give_up(plan, ChildStep::map_user);
  }
  ChildReport divided{.step = ChildStep::divided};
  divided.keeper = make_keeper(plan);
  if (divided.keeper < 0) {
    give_up(plan, ChildStep::divide);
  }
  divided.child = clone_sibling(plan.cgroup2_fd, divided.in_cgroup);
  if (divided.child == 0) {
    ::close(plan.life_write);
    run_child(plan);
  }
  if (divided.child < 0) {
    divided.error = errno;  // with the keeper, which is our parent's to end
  }
  report(plan, divided);
  ::_exit(0);
}

}  // namespace ocibench
