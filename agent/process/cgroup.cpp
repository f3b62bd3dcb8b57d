#include "agent/process/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/process/kernel_text.hpp"
#include "agent/process/process_table.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRunPrefix = "ocibench-run-";
constexpr std::string_view kAgentPrefix = "ocibench-agent-";
constexpr std::uint64_t kMaxProcFile = 4 * 1024 * 1024;
constexpr int kKillRounds = 100;  // of 10 ms
constexpr int kKillRoundMs = 10;

Result<void> write_control(const fs::path& file, std::string_view text) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) {
    return fail_errno(fmt::format("cannot write {} to {}", text, file.string()), errno);
  }
  return {};
}

/// Files of a cgroup cannot be deleted and need not be: rmdir takes them along.
void remove_cgroup(const fs::path& path) {
  std::error_code error;
  for (const auto& item : fs::directory_iterator(path, error)) {
    if (item.is_directory(error) && !item.is_symlink(error)) {
      remove_cgroup(item.path());
    }
  }
  ::rmdir(path.c_str());
}

void collect_members(const fs::path& path, std::vector<pid_t>& members) {
  for (const std::string& line : lines_of(path / "cgroup.procs")) {
    pid_t pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    if (pid > 0) {
      members.push_back(pid);
    }
  }
  std::error_code error;
  for (const auto& item : fs::directory_iterator(path, error)) {
    if (item.is_directory(error) && !item.is_symlink(error)) {
      collect_members(item.path(), members);
    }
  }
}

std::uint64_t start_of(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid), kMaxProcFile);
  const auto entry = text ? parse_process_stat(*text) : fail(ErrorCode::not_found, "");
  return entry ? entry->start_ticks : 0;
}

/// The name tells whose it is: "<prefix><pid>-<start ticks>[-<number>]".
bool owner_is_gone(std::string_view name, std::string_view prefix) {
  pid_t pid = 0;
  std::uint64_t start = 0;
  name.remove_prefix(prefix.size());
  const char* const end = name.data() + name.size();
  const auto first = std::from_chars(name.data(), end, pid);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') {
    return false;
  }
  const auto second = std::from_chars(first.ptr + 1, end, start);
  return second.ec == std::errc{} && start_of(pid) != start;
}

std::string own_name(std::string_view prefix) {
  return fmt::format("{}{}-{}", prefix, ::getpid(), start_of(::getpid()));
}

std::string next_run_name() {
  static std::atomic<std::uint64_t> next{1};
  return fmt::format("{}-{}", own_name(kRunPrefix), next++);
}

/// Writability shows only when it is tried: as root access(2) says yes to everything.
bool can_make_cgroups(const fs::path& parent) {
  const fs::path probe = parent / next_run_name();
  return ::mkdir(probe.c_str(), 0755) == 0 && ::rmdir(probe.c_str()) == 0;
}

}  // namespace

RunCgroup::RunCgroup(fs::path path2, fs::path path1_memory)
    : path2_(std::move(path2)),
      path1_memory_(std::move(path1_memory)),
      directory_(::open(path2_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      events_(::open((path2_ / "cgroup.events").c_str(), O_RDONLY | O_CLOEXEC)) {}

RunCgroup::~RunCgroup() {
  for (int round = 0; round < kKillRounds && !empty(); ++round) {
    kill();
    ::poll(nullptr, 0, kKillRoundMs);
  }
  remove_cgroup(path2_);
  if (!path1_memory_.empty()) {
    remove_cgroup(path1_memory_);
  }
}

Result<void> RunCgroup::join_memory(pid_t pid) const {
  if (path1_memory_.empty()) {
    return {};
  }
  return write_control(path1_memory_ / "cgroup.procs", std::to_string(pid));
}

bool RunCgroup::empty() const {
  std::array<char, 256> buffer{};
  const ssize_t got = ::pread(events_.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return true;  // the cgroup is gone: somebody has removed it, which takes emptiness
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  return text.find("populated 0") != std::string_view::npos;
}

std::vector<pid_t> RunCgroup::members() const {
  std::vector<pid_t> members;
  collect_members(path2_, members);
  return members;
}

void RunCgroup::kill() const {
  if (write_control(path2_ / "cgroup.kill", "1")) {
    return;
  }
  for (const pid_t pid : members()) {
    ::kill(pid, SIGKILL);
  }
}

std::vector<pid_t> RunCgroup::remains(const fs::path& proc_root) const {
  std::vector<pid_t> remains;
  const std::string name = fmt::format("/{}", path2_.filename().string());
  for (const ProcessEntry& entry : read_process_table(proc_root)) {
    for (const std::string& line : lines_of(proc_root / std::to_string(entry.pid) / "cgroup")) {
      if (line.starts_with("0::") && line.find(name) != std::string::npos) {
        remains.push_back(entry.pid);
      }
    }
  }
  return remains;
}

CgroupHost::CgroupHost(CgroupLayout layout) : layout_(std::move(layout)) {}

CgroupHost CgroupHost::open(const std::optional<fs::path>& parent2) {
  CgroupLayout layout = detect_cgroup_layout("/proc");
  if (layout.mode != CgroupMode::none && parent2) {
    layout.own2 = *parent2;
  }
  if (layout.own2.filename().string().starts_with(kAgentPrefix)) {
    layout.own2 = layout.own2.parent_path();  // an earlier object has moved us into the leaf
  }
  if (layout.mode != CgroupMode::none && !can_make_cgroups(layout.own2)) {
    layout = CgroupLayout{};
  }
  if (layout.mode == CgroupMode::hybrid && !can_make_cgroups(layout.own1_memory)) {
    layout.own1_memory.clear();
  }
  CgroupHost host(std::move(layout));
  if (host.layout_.mode != CgroupMode::none) {
    host.sweep(host.layout_.own2);
    host.hand_down_memory();
  }
  if (!host.layout_.own1_memory.empty()) {
    host.sweep(host.layout_.own1_memory);
  }
  return host;
}

void CgroupHost::hand_down_memory() const {
  const auto has_memory = [this](const char* file) {
    const auto text = read_file(layout_.own2 / file, kMaxProcFile);
    const std::vector<std::string> names = words(text.value_or(std::string()));
    return std::find(names.begin(), names.end(), "memory") != names.end();
  };
  if (!has_memory("cgroup.controllers") || has_memory("cgroup.subtree_control") ||
      write_control(layout_.own2 / "cgroup.subtree_control", "+memory")) {
    return;
  }
  // Refused while processes sit here. If others than us do, memory stays unmeasured.
  const fs::path leaf = layout_.own2 / own_name(kAgentPrefix);
  ::mkdir(leaf.c_str(), 0755);
  if (!write_control(leaf / "cgroup.procs", std::to_string(::getpid())) ||
      !write_control(layout_.own2 / "cgroup.subtree_control", "+memory")) {
    [[maybe_unused]] const auto back =
        write_control(layout_.own2 / "cgroup.procs", std::to_string(::getpid()));
    ::rmdir(leaf.c_str());
  }
}

void CgroupHost::sweep(const fs::path& parent) const {
  std::error_code error;
  std::vector<fs::path> stale;
  for (const auto& item : fs::directory_iterator(parent, error)) {
    const std::string name = item.path().filename().string();
    if ((name.starts_with(kRunPrefix) && owner_is_gone(name, kRunPrefix)) ||
        (name.starts_with(kAgentPrefix) && owner_is_gone(name, kAgentPrefix))) {
      stale.push_back(item.path());
    }
  }
  for (const fs::path& path : stale) {
    if (parent == layout_.own2) {
      const RunCgroup killed_and_removed(path, {});
    } else {
      remove_cgroup(path);
    }
  }
}

Result<std::unique_ptr<RunCgroup>> CgroupHost::create() {
  const std::string name = next_run_name();
  const fs::path path2 = layout_.own2 / name;
  if (::mkdir(path2.c_str(), 0755) != 0) {
    return fail_errno(fmt::format("cannot make the cgroup {}", path2.string()), errno);
  }
  fs::path path1;
  if (!layout_.own1_memory.empty()) {
    path1 = layout_.own1_memory / name;
    if (::mkdir(path1.c_str(), 0755) != 0) {
      path1.clear();
    }
  }
  return std::make_unique<RunCgroup>(path2, path1);
}

}  // namespace ocibench::agent
