#include "agent/process/escapees.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "agent/process/kernel_text.hpp"
#include "common/file.hpp"
#include "common/text.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kMaxCommandName = 64;  // the kernel keeps 15 bytes of most
constexpr int kPatientRounds = 1500;         // of 20 ms
constexpr int kRoundMs = 20;

std::string name_of(pid_t pid) {
  std::string name =
      read_file(fmt::format("/proc/{}/comm", pid), kMaxCommandName).value_or(std::string());
  while (name.ends_with('\n')) {
    name.pop_back();
  }
  return printable(name);
}

bool belongs_to(pid_t pid, const std::string& user) {
  constexpr std::string_view kUsers = "Uid:";  // real, effective, saved, of the file system
  for (const std::string& line : lines_of(fmt::format("/proc/{}/status", pid))) {
    if (line.starts_with(kUsers)) {
      return std::ranges::count(words(line), user) > 0;
    }
  }
  return false;
}

}  // namespace

std::vector<pid_t> processes_of(uid_t user) {
  std::vector<pid_t> found;
  for (const ProcessEntry& entry : read_process_table("/proc")) {
    if (entry.alive() && belongs_to(entry.pid, std::to_string(user))) {
      found.push_back(entry.pid);
    }
  }
  return found;
}

Escapees::Escapees(const ProcessTree& tree, std::optional<uid_t> user)
    : descendants_("/proc", tree.pid, tree.keeper), user_(user) {}

std::set<pid_t> Escapees::alive() const {
  std::set<pid_t> found;
  for (const ProcessEntry& entry : descendants_.read()) {
    if (entry.alive()) {
      found.insert(entry.pid);
    }
  }
  if (user_) {
    std::ranges::copy(processes_of(*user_), std::inserter(found, found.end()));
  }
  return found;
}

Result<void> Escapees::end(ProcessReport& report) const {
  std::set<pid_t> known;
  for (int round = 0; round < kPatientRounds; ++round) {
    const std::set<pid_t> living = alive();
    if (living.empty()) {
      // Those that have come to us.
      std::ranges::for_each(known, [](pid_t pid) { ::waitpid(pid, nullptr, WNOHANG); });
      return {};
    }
    for (const pid_t pid : living) {
      const std::string name = known.insert(pid).second ? name_of(pid) : "";
      if (!name.empty() && report.escaped_names.size() < kMaxNames &&
          std::ranges::find(report.escaped_names, name) == report.escaped_names.end()) {
        report.escaped_names.push_back(name);
      }
      ::kill(pid, SIGKILL);
    }
    report.escaped_processes = static_cast<std::uint32_t>(known.size());
    ::poll(nullptr, 0, round == 0 ? 1 : kRoundMs);
  }
  return fail(ErrorCode::io,
              "processes that the tool has left survive SIGKILL; is the host's storage stuck?");
}

}  // namespace ocibench::agent
