#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// One run of a tool. Nothing is inherited: environment, signal mask, dispositions, descriptors.
struct Command {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path
  std::map<std::string, std::string> environment;
  std::filesystem::path working_directory;
  std::filesystem::path stdout_log;  ///< written gzip-compressed, at most max_log_bytes of input
  std::filesystem::path stderr_log;
  std::chrono::milliseconds deadline{0};     ///< from start; then the whole tree is killed
  std::uint64_t max_log_bytes = 64'000'000;  ///< per stream; what comes after is counted, not kept
  std::uint64_t min_free_bytes = 0;  ///< killed when the working directory's file system has less
  /// Where tools are isolated: given, with what is in them, to the user that the tool runs as.
  std::vector<std::filesystem::path> writable;
  /// Where tools are isolated: stay in sight though something above is hidden. argv[0] does anyway.
  std::vector<std::filesystem::path> readable;
};

/// The tree as samplers find it. The cgroup paths are empty where cgroups cannot be had.
struct ProcessTree {
  pid_t pid = -1;  ///< the tool itself, also the leader of its process group
  /// Holds the tool's namespaces, where it has its own; orphans come to it and stay zombies.
  pid_t keeper = -1;
  std::filesystem::path cgroup2;
  std::filesystem::path cgroup1_memory;  ///< on hybrid hosts, where memory sits in v1
};

/// Told about the edges of the measured window. Between opened() and closed() nothing of ours runs
/// but the samplers.
class WindowObserver {
 public:
  WindowObserver() = default;
  WindowObserver(const WindowObserver&) = delete;
  WindowObserver& operator=(const WindowObserver&) = delete;
  virtual ~WindowObserver() = default;

  /// The process exists but has not executed the tool yet. May take its time.
  virtual void prepare(const ProcessTree& tree) = 0;
  /// Immediately before the first timestamp.
  virtual void opened() = 0;
  /// Immediately after the second one. The cgroup still exists, and the tool and orphans of its
  /// tree are zombies whose times can be read.
  virtual void closed() = 0;
};

enum class Ending {
  exited,          ///< by itself; exit_code is set
  signalled,       ///< by a signal that we did not send; signal is set
  timed_out,       ///< killed by us at the deadline
  cancelled,       ///< killed by us on request
  disk_exhausted,  ///< killed by us: min_free_bytes was undercut
};

struct ProcessReport {
  Ending ending = Ending::exited;
  std::optional<int> exit_code;
  std::optional<int> signal;
  WallTime started_at{};
  std::chrono::nanoseconds wall{0};      ///< from release of the tool to the end of its whole tree
  std::uint32_t leftover_processes = 0;  ///< outlived the tool by kLinger and were killed
  /// Had left the tree, were alive when the window had closed, and were killed then.
  std::uint32_t escaped_processes = 0;
  std::vector<std::string> escaped_names;  ///< some of what those ran, printable
  std::uint64_t stdout_bytes = 0;          ///< produced, kept or not
  std::uint64_t stderr_bytes = 0;
  std::vector<std::string>
      last_stderr_lines;  ///< at most 20 lines of at most 500 bytes, valid UTF-8
};

/// Set by another thread (or a signal) to stop the run; readable once set.
class Cancellation {
 public:
  Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation();
  void request();
  [[nodiscard]] bool requested() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;  // an eventfd that is never read
};

/// Runs a command in a fresh cgroup and process group and returns when nothing of it is alive.
class ProcessRunner {
 public:
  static constexpr std::chrono::milliseconds kLinger{2000};

  ProcessRunner() = default;
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;
  virtual ~ProcessRunner() = default;

  /// A tool that fails is a report; only our own failing is an Error: not_found (no such program),
  /// unavailable (not executable), io.
  virtual Result<ProcessReport> run(const Command& command, WindowObserver& observer,
                                    const Cancellation& cancellation) = 0;
};

}  // namespace ocibench::agent
