#include "common/host.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <system_error>

#include <fmt/format.h>
#include <pwd.h>

namespace ocibench {

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    return std::nullopt;
  }
  return value;
}

std::map<std::string, std::string> whole_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = std::min(text.find('='), text.size());
    variables.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return variables;
}

std::filesystem::path executable_path() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  OCIBENCH_ASSERT(!error);
  return path;
}

std::optional<std::filesystem::path> home_directory() {
  if (const auto home = environment_variable("HOME")) {
    return *home;
  }
  const passwd* const entry = ::getpwuid(::geteuid());  // asked before any thread exists
  if (entry == nullptr || entry->pw_dir == nullptr || *entry->pw_dir != '/') {
    return std::nullopt;
  }
  return entry->pw_dir;
}

std::filesystem::path default_cache_directory() {
  if (const auto cache = environment_variable("XDG_CACHE_HOME")) {
    return std::filesystem::path(*cache) / "ocibench";
  }
  const auto home = home_directory();
  return home ? *home / ".cache" / "ocibench" : std::filesystem::path();
}

std::filesystem::path default_tools_directory() {
  if (const auto data = environment_variable("XDG_DATA_HOME")) {
    return std::filesystem::path(*data) / "ocibench" / "tools";
  }
  const auto home = home_directory();
  return home ? *home / ".local" / "share" / "ocibench" / "tools" : std::filesystem::path();
}

Result<void> check_default_folders(const std::filesystem::path& cache_directory,
                                   const std::filesystem::path& tools_directory) {
  if (!cache_directory.empty() && !tools_directory.empty()) {
    return {};
  }
  return fail(ErrorCode::usage,
              fmt::format("user {} has no home folder (neither $HOME nor an entry in the user "
                          "database): name {}",
                          ::geteuid(),
                          !tools_directory.empty()   ? "a folder with --cache"
                          : !cache_directory.empty() ? "a folder with --tools"
                                                     : "folders with --cache and --tools"));
}

std::string host_platform() {
  utsname names{};
  ::uname(&names);
  const std::string machine = static_cast<const char*>(names.machine);
  static const std::map<std::string, std::string> kGoNames = {
      {"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"}};
  const auto known = kGoNames.find(machine);
  return "linux/" + (known == kGoNames.end() ? machine : known->second);
}

bool is_terminal(Stream stream) {
  return ::isatty(stream == Stream::out ? STDOUT_FILENO : STDERR_FILENO) == 1;
}

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return size.ws_col;
}

bool colour_wanted() {
  return is_terminal(Stream::err) && !environment_variable("NO_COLOR") &&
         environment_variable("TERM") != "dumb";
}

void let_writes_beyond_limit_fail() { ::signal(SIGXFSZ, SIG_IGN); }

Result<Fd> watch_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
    sigaddset(&signals, SIGHUP);
  }
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &signals, nullptr); error != 0) {
    return fail_errno("cannot block signals", error);
  }
  ::signal(SIGPIPE, SIG_IGN);
  Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) {
    return fail_errno("cannot watch signals", errno);
  }
  return fd;
}

Result<void> flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
    return {};
  }
  // An earlier failure has left no more than that it happened.
  return errno == 0 ? fail(ErrorCode::io, "cannot write to stdout")
                    : fail_errno("cannot write to stdout", errno);
}

std::string random_hex() {
  std::array<std::uint8_t, 6> bytes{};
  OCIBENCH_ASSERT(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  }
  return hex;
}

}  // namespace ocibench
