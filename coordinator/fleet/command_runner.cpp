#include "coordinator/fleet/command_runner.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/process/spawn.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace ocibench::coordinator {
namespace {

/// Ignores what would end us while a child is at work; the child gets the default again.
class IgnoredInterrupts {
 public:
  IgnoredInterrupts() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGTERM, &ignore, &terminate_);
  }
  ~IgnoredInterrupts() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
  }
  IgnoredInterrupts(const IgnoredInterrupts&) = delete;
  IgnoredInterrupts& operator=(const IgnoredInterrupts&) = delete;

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

/// What posix_spawn does in the child.
class CommandSetup {
 public:
  CommandSetup(int write_end, CommandOutput output) {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
    if (output == CommandOutput::shown) {
      posix_spawn_file_actions_adddup2(&actions, write_end, STDERR_FILENO);
    }
  }
  ~CommandSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  CommandSetup(const CommandSetup&) = delete;
  CommandSetup& operator=(const CommandSetup&) = delete;

  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

Result<pid_t> start(const std::vector<std::string>& argv, int write_end, CommandOutput output) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: posix_spawn does not write to it
  }
  words.push_back(nullptr);
  const CommandSetup setup(write_end, output);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, words.front(), &setup.actions, &setup.attributes, words.data(), environ);
  if (error == ENOENT) {
    return fail(ErrorCode::not_found, fmt::format("{} is not on the PATH", argv.front()));
  }
  if (error != 0) {
    return fail_errno(fmt::format("cannot run {}", argv.front()), error);
  }
  return pid;
}

/// Everything up to the end of the pipe, so that the program never waits for us.
std::string drain(int read_end, CommandOutput output, std::size_t& dropped) {
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  for (ssize_t got = 0; (got = ::read(read_end, buffer.data(), buffer.size())) != 0;) {
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      break;
    }
    const auto size = static_cast<std::size_t>(got);
    if (output == CommandOutput::shown) {
      [[maybe_unused]] const ssize_t shown = ::write(STDERR_FILENO, buffer.data(), size);
    }
    text.append(buffer.data(), size);
    if (text.size() > kMaxCommandOutput) {
      const std::size_t half = text.size() / 2;
      text.erase(0, half);
      dropped += half;
    }
  }
  return text;
}

}  // namespace

Result<CommandEnd> run_command_line(const std::vector<std::string>& argv, CommandOutput output) {
  auto pipe = Pipe::create();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  const IgnoredInterrupts ignored;
  const auto pid = start(argv, pipe->write_end.get(), output);
  if (!pid) {
    return tl::unexpected(pid.error());
  }
  pipe->write_end.reset();
  std::size_t dropped = 0;
  CommandEnd end{.output = drain(pipe->read_end.get(), output, dropped)};
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  constexpr int kSignalled = 128;  // as shells have it
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
  if (dropped > 0 && output == CommandOutput::collected) {
    return fail(ErrorCode::limit,
                fmt::format("{} said more than {} bytes", argv.front(), kMaxCommandOutput));
  }
  return end;
}

}  // namespace ocibench::coordinator
