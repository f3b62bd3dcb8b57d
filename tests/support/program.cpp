#include "tests/support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

namespace ocibench::testing_support {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPoll{10};

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Program::Program(const std::filesystem::path& directory, const std::string& name,
                 const std::vector<std::string>& argv)
    : out_(directory / (name + ".out")), err_(directory / (name + ".err")) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), flags, 0644);
  posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), flags, 0644);
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::runtime_error("cannot start " + argv.front());
  }
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)),
      status_(other.status_) {}

Program::~Program() {
  if (pid_ > 0 && !status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Program::signal(int number) const {
  if (!status_) {
    ::kill(pid_, number);
  }
}

double Program::resident_mib() const {
  constexpr double kMiB = 1024 * 1024;
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");  // proc(5)
  double total = 0;
  double resident = 0;
  return in >> total >> resident ? resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / kMiB
                                 : std::numeric_limits<double>::quiet_NaN();
}

std::optional<int> Program::wait(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!status_) {
    int raw = 0;
    if (::waitpid(pid_, &raw, WNOHANG) == pid_) {
      status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    } else if (Clock::now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(kPoll);
    }
  }
  return status_;
}

std::string Program::out() const { return content(out_); }
std::string Program::err() const { return content(err_); }

bool Program::wait_for_err(const std::string& text, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (Clock::now() < deadline) {
    const bool ended = wait(kPoll).has_value();
    if (err().find(text) != std::string::npos) {
      return true;
    }
    if (ended) {
      return false;
    }
  }
  return false;
}

Finished run_program(const std::filesystem::path& directory, const std::vector<std::string>& argv,
                     milliseconds patience) {
  Program program(directory, "program", argv);
  const auto status = program.wait(patience);
  return {.status = status.value_or(-1), .out = program.out(), .err = program.err()};
}

}  // namespace ocibench::testing_support
