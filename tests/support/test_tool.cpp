// A tool that behaves as told, for tests that need a real process:
//
//   exit N               ends with status N
//   abort                dies of SIGABRT
//   print N TEXT         N bytes to stdout, then TEXT to stderr
//   environment          prints its environment, working directory, descriptors and signal mask
//   sleep MS
//   hang                 ignores SIGTERM, SIGINT and SIGHUP
//   burn N MS            N children burn MS milliseconds of CPU each; it waits for them
//   daemons N MS         the same, but double-forked into sessions of their own; it doesn't wait
//   allocate N MB MS     N children hold MB megabytes each for MS milliseconds
//   orphan MS            leaves a child behind that holds stdout open and ends after MS
//   fork-storm           forks on and on for a minute; each child leaves session and parent behind
//   fill FILE MB         writes MB megabytes to FILE, then hangs
//   listen PORT N        accepts one TCP connection, reads it to its end, answers with N bytes
//   send HOST PORT N     sends N bytes over TCP, then reads the answer to its end
//   name                 prints argv[0]
//   pry WHAT OF ...      tries each and prints a line about it:
//                        read FILE, list FOLDER, write FILE, signal PID, trace PID, open FILE
//   escape FILE MS       leaves a daemon behind that writes itself into FILE, a cgroup.procs, and
//                        ends after MS

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned kLifeSeconds = 120;  // a crashed test leaves nothing behind for long

using Arguments = std::vector<std::string>;

long number(const Arguments& arguments, std::size_t index) {
  return index < arguments.size() ? std::strtol(arguments[index].c_str(), nullptr, 10) : 0;
}

void pause_for(long milliseconds) {
  timespec left{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  while (::nanosleep(&left, &left) != 0) {
  }
}

[[noreturn]] void hang() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    std::signal(signal, SIG_IGN);
  }
  for (;;) {
    ::pause();
  }
}

void burn(long milliseconds) {
  volatile std::uint64_t sink = 0;
  while (std::clock() < milliseconds * (CLOCKS_PER_SEC / 1000)) {
    for (int i = 0; i < 10'000; ++i) {
      sink = sink + 1;
    }
  }
}

void write_bytes(int fd, std::uint64_t left) {
  const std::string chunk(64 * 1024 - 1, 'x');
  const std::string line = chunk + "\n";
  while (left > 0) {
    const ssize_t wrote = ::write(
        fd, line.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, line.size())));
    if (wrote <= 0) {
      std::perror("write");
      std::exit(1);
    }
    left -= static_cast<std::uint64_t>(wrote);
  }
}

int in_children(long count, const std::function<void()>& work) {
  for (long i = 0; i < count; ++i) {
    if (::fork() == 0) {
      work();
      ::_exit(0);
    }
  }
  while (::wait(nullptr) > 0) {
  }
  return 0;
}

int as_daemons(long count, const std::function<void()>& work) {
  return in_children(count, [&] {
    if (::fork() == 0) {
      ::setsid();
      work();
      ::_exit(0);
    }
  });
}

int hold_memory(const Arguments& a) {
  return in_children(number(a, 0), [&] {
    std::vector<char> memory(static_cast<std::size_t>(number(a, 1)) * 1024 * 1024);
    std::memset(memory.data(), 1, memory.size());
    pause_for(number(a, 2));
  });
}

int leave_orphan(const Arguments& a) {
  if (::fork() == 0) {
    pause_for(number(a, 0));
  }
  return 0;
}

int fork_storm(const Arguments&) {
  std::signal(SIGTERM, SIG_IGN);
  // One at a time, so that the host survives, but never where it was a moment ago.
  const std::time_t end = std::time(nullptr) + 60;
  while (std::time(nullptr) < end) {
    if (::fork() == 0) {
      ::setsid();
      continue;
    }
    pause_for(2);
    return 0;
  }
  return 0;
}

int fill(const Arguments& a) {
  const int fd = ::open(a.at(0).c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  write_bytes(fd, static_cast<std::uint64_t>(number(a, 1)) * 1'000'000);
  hang();
}

int show_environment(const Arguments&) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::cout << "env " << *entry << '\n';
  }
  std::cout << "cwd " << std::filesystem::current_path().string() << '\n';
  std::cout << "leader " << (::getpid() == ::getpgid(0) && ::getpid() == ::getsid(0)) << '\n';
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) {
      std::cout << "fd " << fd << '\n';
    }
  }
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk") || line.starts_with("SigIgn") || line.starts_with("SigCgt")) {
      std::cout << line << '\n';
    }
  }
  return 0;
}

std::uint64_t read_to_end(int peer) {
  std::vector<char> buffer(1024 * 1024);
  std::uint64_t total = 0;
  for (ssize_t got = 0; (got = ::read(peer, buffer.data(), buffer.size())) > 0;) {
    total += static_cast<std::uint64_t>(got);
  }
  return total;
}

int listen_once(const Arguments& a) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number(a, 0)));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 1) != 0) {
    std::perror("listen");
    return 1;
  }
  std::cout << "ready\n" << std::flush;
  const int peer = ::accept(listener, nullptr, nullptr);
  std::cout << read_to_end(peer) << '\n';
  write_bytes(peer, static_cast<std::uint64_t>(number(a, 1)));
  return 0;
}

int send_bytes(const Arguments& a) {
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number(a, 1)));
  ::inet_pton(AF_INET, a.at(0).c_str(), &address.sin_addr);
  if (::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("connect");
    return 1;
  }
  write_bytes(peer, static_cast<std::uint64_t>(number(a, 2)));
  ::shutdown(peer, SHUT_WR);
  std::cout << read_to_end(peer) << '\n';
  return 0;
}

std::string result(bool done) { return done ? "done" : std::strerror(errno); }

std::string read_text(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> buffer(4096);
  const ssize_t got = fd < 0 ? -1 : ::read(fd, buffer.data(), buffer.size());
  return got < 0 ? result(false)
                 : "\"" + std::string(buffer.data(), static_cast<std::size_t>(got)) + "\"";
}

std::string list(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  std::string text = error ? error.message() : "";
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

std::string write_to(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  return result(fd >= 0 && ::write(fd, "0", 1) == 1);
}

std::string pry_at(const std::string& what, const std::string& of) {
  const auto pid = static_cast<pid_t>(std::strtol(of.c_str(), nullptr, 10));
  if (what == "read") {
    return read_text(of);
  }
  if (what == "list") {
    return list(of);
  }
  if (what == "write") {
    return write_to(of);
  }
  if (what == "signal") {
    return result(::kill(pid, 0) == 0);  // asks only
  }
  return what == "trace" ? result(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0)
                         : result(::open(of.c_str(), O_RDONLY | O_CLOEXEC) >= 0);
}

int pry(const Arguments& a) {
  for (std::size_t i = 0; i + 1 < a.size(); i += 2) {
    std::cout << a[i] << ": " << pry_at(a[i], a[i + 1]) << '\n';
  }
  return 0;
}

int escape(const Arguments& a) {
  return as_daemons(1, [&] {
    write_to(a.at(0));
    pause_for(number(a, 1));
  });
}

int print(const Arguments& a) {
  write_bytes(STDOUT_FILENO, static_cast<std::uint64_t>(number(a, 0)));
  if (a.size() > 1) {
    std::cerr << a[1] << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(kLifeSeconds);
  const std::map<std::string_view, std::function<int(const Arguments&)>> modes{
      {"exit", [](const Arguments& a) { return static_cast<int>(number(a, 0)); }},
      {"abort", [](const Arguments&) -> int { std::abort(); }},
      {"print", print},
      {"environment", show_environment},
      {"sleep", [](const Arguments& a) { return pause_for(number(a, 0)), 0; }},
      {"hang", [](const Arguments&) -> int { hang(); }},
      {"burn",
       [](const Arguments& a) { return in_children(number(a, 0), [&] { burn(number(a, 1)); }); }},
      {"daemons",
       [](const Arguments& a) { return as_daemons(number(a, 0), [&] { burn(number(a, 1)); }); }},
      {"allocate", hold_memory},
      {"orphan", leave_orphan},
      {"fork-storm", fork_storm},
      {"fill", fill},
      {"listen", listen_once},
      {"send", send_bytes},
      {"name", [&](const Arguments&) { return std::cout << argv[0] << '\n', 0; }},
      {"pry", pry},
      {"escape", escape},
  };
  const auto mode = argc > 1 ? modes.find(argv[1]) : modes.end();
  if (mode == modes.end()) {
    std::cerr << "which mode? see tests/support/test_tool.cpp\n";
    return 64;
  }
  return mode->second(Arguments(argv + 2, argv + argc));
}
