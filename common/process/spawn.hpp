#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/process/confinement.hpp"

namespace ocibench {

/// What a child gets, and nothing else: no inherited environment, descriptors, umask, signal mask
/// or dispositions; a session (and so a process group) of its own. It is killed
/// when the thread that started it ends: a process of ours that dies leaves nothing running.
struct SpawnRequest {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path
  std::map<std::string, std::string> environment;
  std::filesystem::path working_directory;
  int stdin_fd = -1;   ///< borrowed until spawn() returns; -1: /dev/null
  int stdout_fd = -1;  ///< the same, but none has a default
  int stderr_fd = -1;
  int cgroup2_fd = -1;  ///< directory of a cgroup v2 to be born in; -1: where we are
  Confinement confinement;
};

/// A pipe, both ends close-on-exec and above the standard descriptors.
struct Pipe {
  Fd read_end;
  Fd write_end;
  static Result<Pipe> create();
};

/// The first process of the namespaces of a child that has its own. It holds them, adopts the
/// child's orphans, and never reaps them. When the object goes it is killed, and with it every
/// process in there. Requires: the child itself has been reaped then.
class NamespaceKeeper {
 public:
  NamespaceKeeper() = default;  // none
  NamespaceKeeper(pid_t pid, Fd life) : pid_(pid), life_(std::move(life)) {}
  NamespaceKeeper(NamespaceKeeper&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), life_(std::move(other.life_)) {}
  NamespaceKeeper& operator=(NamespaceKeeper&& other) noexcept;
  NamespaceKeeper(const NamespaceKeeper&) = delete;
  NamespaceKeeper& operator=(const NamespaceKeeper&) = delete;
  ~NamespaceKeeper() { end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }  ///< -1: there is none
  void end();
  /// Kills, but waits for nothing: for processes that SIGKILL cannot end.
  void abandon();

 private:
  pid_t pid_ = -1;
  Fd life_;
};

/// A child that waits behind a gate and becomes the program at release(). Killed and reaped when
/// the object goes, unless wait() has done so.
class SpawnedProcess {
 public:
  SpawnedProcess(pid_t pid, Fd pidfd, Fd gate, Fd failure, NamespaceKeeper keeper);
  SpawnedProcess(SpawnedProcess&& other) noexcept;
  SpawnedProcess& operator=(SpawnedProcess&&) = delete;
  SpawnedProcess(const SpawnedProcess&) = delete;
  SpawnedProcess& operator=(const SpawnedProcess&) = delete;
  ~SpawnedProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable when the process has ended; it stays a zombie until wait().
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Readable once the program runs or could not be executed; then ask executed().
  [[nodiscard]] int execution_fd() const { return failure_.get(); }

  /// The process that orphans of the child come to; -1: to us, or whoever reaps ours.
  [[nodiscard]] pid_t keeper() const { return keeper_.pid(); }

  /// Lets the child execute the program. Async: see executed().
  void release();
  /// Blocks until execve has happened. Errors: not_found, unavailable, io.
  Result<void> executed();

  struct End {
    int status = 0;                    ///< as of waitpid(2)
    std::chrono::microseconds cpu{0};  ///< user and system, with the children it waited for
  };
  /// Blocks until the process has ended and reaps it. Requires: not called before.
  End wait();
  /// SIGKILL to the whole process group; then as wait(), and what the group has left to us to reap.
  End kill_group_and_wait();
  /// Neither kills nor reaps it any more: for a process that SIGKILL cannot end.
  void abandon() {
    pid_ = -1;
    keeper_.abandon();
  }

 private:
  NamespaceKeeper keeper_;  // goes last: it waits for the child to be reaped
  pid_t pid_ = -1;
  Fd pidfd_;
  Fd gate_;
  Fd failure_;
};

/// Returns when the child is set apart and waits at its gate. Needs Linux 5.11 (close_range with
/// CLOEXEC); for namespaces 5.12 (mount_setattr). Errors: not_found (the working directory),
/// unavailable (the confinement is refused; the user may not enter the working directory), io.
Result<SpawnedProcess> spawn(const SpawnRequest& request);

}  // namespace ocibench
