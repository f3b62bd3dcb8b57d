#include "coordinator/local_agent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "common/host.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace ocibench::coordinator {
namespace {

/// What posix_spawn does in the child: a session of its own, a clean signal state, output to the
/// log.
class AgentSetup {
 public:
  explicit AgentSetup(const std::filesystem::path& log) {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
  }
  ~AgentSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  AgentSetup(const AgentSetup&) = delete;
  AgentSetup& operator=(const AgentSetup&) = delete;

  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
};

// Raw calls: glibc 2.36 declares pidfd_open and pidfd_send_signal without C linkage.
Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

constexpr std::chrono::milliseconds kAtOnce{0};

bool ends_within(int pidfd, std::chrono::milliseconds patience) {
  pollfd poll_fd{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&poll_fd, 1, static_cast<int>(patience.count())) == 1;
}

}  // namespace

std::vector<std::filesystem::path> directories_of(const CorpusSpec& corpus) {
  std::set<std::filesystem::path> directories;
  if (const auto* const local = std::get_if<LocalFileSpec>(&corpus.source)) {
    for (const LocalFile& file : local->files) {
      std::error_code error;
      const std::filesystem::path real = std::filesystem::canonical(file.path, error);
      directories.insert((error ? std::filesystem::path(file.path) : real).parent_path());
    }
  }
  return {directories.begin(), directories.end()};
}

Result<LocalAgent> LocalAgent::start(const LocalAgentOptions& options) {
  const std::filesystem::path program = executable_path().parent_path() / "ocibench-agent";
  std::vector<std::string> words = {program.string(),
                                    "--connect",
                                    options.endpoint,
                                    "--key",
                                    options.key_file.string(),
                                    "--coordinator-key",
                                    options.coordinator_key_file.string(),
                                    "--state-dir",
                                    options.state_directory.string(),
                                    "--data",
                                    options.data_directory.string(),
                                    "--cache",
                                    options.cache_directory.string(),
                                    "--tools",
                                    options.tools_directory.string(),
                                    "--hide",
                                    options.run_directory.string(),
                                    "--orphan-after",
                                    fmt::format("{}", kOrphanAfter.count())};
  for (const std::filesystem::path& directory : options.corpus_directories) {
    words.insert(words.end(), {"--corpus-files", directory.string()});
  }
  std::vector<char*> argv;
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: posix_spawn does not write to it
  }
  argv.push_back(nullptr);
  const AgentSetup setup(options.log);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &setup.actions, &setup.attributes, argv.data(), environ);
  if (error != 0) {
    return fail_errno(fmt::format("cannot start {}", program.string()), error);
  }
  const auto identity = identity_of(pid);  // it keeps its pid until we reap it
  if (!identity) {
    return tl::unexpected(identity.error());
  }
  return LocalAgent(*identity, open_pidfd(pid));
}

Result<LocalAgent> LocalAgent::adopt(const ProcessIdentity& agent) {
  Fd pidfd = open_pidfd(agent.pid);
  // The process that has the pid now is looked at after the descriptor is there: if it is the one
  // that was noted, it had the pid before as well.
  const auto now = identity_of(agent.pid);
  if (!pidfd || !now || *now != agent || ends_within(pidfd.get(), kAtOnce)) {
    return fail(ErrorCode::unavailable,
                fmt::format("the agent with process id {} is gone", agent.pid));
  }
  return LocalAgent(agent, std::move(pidfd));
}

void LocalAgent::finish(std::chrono::milliseconds patience) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (ends_within(pidfd_.get(), patience)) {
      break;
    }
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
  }
  ends_within(pidfd_.get(), patience);
  siginfo_t info{};  // not our child when adopted: then there is nothing to reap
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG);
}

}  // namespace ocibench::coordinator
