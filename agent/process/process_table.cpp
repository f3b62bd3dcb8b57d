#include "agent/process/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

// Fields after the name, counted from the state (field 3 of proc(5)).
constexpr std::size_t kParent = 1;
constexpr std::size_t kUserTicks = 11;
constexpr std::size_t kSystemTicks = 12;
constexpr std::size_t kWaitedUser = 13;
constexpr std::size_t kWaitedSystem = 14;
constexpr std::size_t kStart = 19;
constexpr std::size_t kRss = 21;
constexpr std::size_t kFields = 22;

constexpr std::uint64_t kMaxChildrenBytes = 4 * 1024 * 1024;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::size_t split(std::string_view text, std::array<std::string_view, kFields>& fields) {
  std::size_t count = 0;
  while (count < kFields) {
    const std::size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) {
      break;
    }
    text.remove_prefix(begin);
    const std::size_t length = std::min(text.find_first_of(" \n"), text.size());
    fields[count++] = text.substr(0, length);
    text.remove_prefix(length);
  }
  return count;
}

std::optional<ProcessEntry> read_entry(int proc_fd, const char* name) {
  const std::string path = fmt::format("{}/stat", name);
  const Fd fd(::openat(proc_fd, path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer{};
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (got <= 0) {
    return std::nullopt;
  }
  Result<ProcessEntry> entry =
      parse_process_stat(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  return entry ? std::optional(*entry) : std::nullopt;
}

/// From /proc/self/task/TID/children, which not every kernel has (CONFIG_PROC_CHILDREN).
std::optional<std::vector<ProcessEntry>> read_children(const std::filesystem::path& proc_root) {
  const Fd proc(::open(proc_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::vector<ProcessEntry> children;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(proc_root / "self" / "task", error)) {
    const auto text = read_file(task.path() / "children", kMaxChildrenBytes);
    if (!text) {
      return std::nullopt;
    }
    std::istringstream pids(*text);
    for (std::string pid; pids >> pid;) {
      if (const auto entry = read_entry(proc.get(), pid.c_str())) {
        children.push_back(*entry);
      }
    }
  }
  return error ? std::nullopt : std::optional(children);
}

}  // namespace

Result<ProcessEntry> parse_process_stat(std::string_view text) {
  const std::size_t name_begin = text.find('(');
  const std::size_t name_end = text.rfind(')');
  std::array<std::string_view, kFields> fields;
  if (name_begin == std::string_view::npos || name_begin == 0 ||
      name_end == std::string_view::npos || name_end < name_begin ||
      split(text.substr(name_end + 1), fields) != kFields || fields[0].size() != 1) {
    return fail(ErrorCode::bad_input, "not a line of /proc/PID/stat");
  }
  const auto pid = number(text.substr(0, name_begin - 1));
  std::array<std::optional<std::uint64_t>, kFields> values;
  for (const std::size_t index :
       {kParent, kUserTicks, kSystemTicks, kWaitedUser, kWaitedSystem, kStart, kRss}) {
    values[index] = number(fields[index]);
    if (!values[index]) {
      return fail(ErrorCode::bad_input,
                  fmt::format("/proc/PID/stat: field {} is no number", index + 3));
    }
  }
  if (!pid) {
    return fail(ErrorCode::bad_input, "/proc/PID/stat: the pid is no number");
  }
  return ProcessEntry{.pid = static_cast<pid_t>(*pid),
                      .parent = static_cast<pid_t>(*values[kParent]),
                      .state = fields[0][0],
                      .user_ticks = *values[kUserTicks],
                      .system_ticks = *values[kSystemTicks],
                      .waited_user_ticks = *values[kWaitedUser],
                      .waited_system_ticks = *values[kWaitedSystem],
                      .start_ticks = *values[kStart],
                      .rss_pages = *values[kRss]};
}

std::vector<ProcessEntry> read_process_table(const std::filesystem::path& proc_root) {
  std::vector<ProcessEntry> table;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(proc_root.c_str()), ::closedir);
  if (!directory) {
    return table;
  }
  while (const dirent* item = ::readdir(directory.get())) {
    if (item->d_name[0] < '0' || item->d_name[0] > '9') {
      continue;
    }
    if (const auto entry = read_entry(::dirfd(directory.get()), item->d_name)) {
      table.push_back(*entry);
    }
  }
  return table;
}

Descendants::Descendants(std::filesystem::path proc_root, pid_t root)
    : proc_root_(std::move(proc_root)), root_(root), self_(::getpid()) {
  for (const ProcessEntry& entry : read_process_table(proc_root_)) {
    if (entry.parent == self_ && entry.pid != root_) {
      own_children_.emplace(entry.pid, entry.start_ticks);
    }
  }
}

std::vector<ProcessEntry> Descendants::read() const {
  return select(read_process_table(proc_root_));
}

std::vector<ProcessEntry> Descendants::adopted() const {
  std::vector<ProcessEntry> adopted;
  const std::optional<std::vector<ProcessEntry>> children = read_children(proc_root_);
  for (const ProcessEntry& entry : children ? *children : read_process_table(proc_root_)) {
    if (ours_to_watch(entry)) {
      adopted.push_back(entry);
    }
  }
  return adopted;
}

bool Descendants::ours_to_watch(const ProcessEntry& entry) const {
  return entry.parent == self_ && !own_children_.contains({entry.pid, entry.start_ticks});
}

std::vector<ProcessEntry> Descendants::select(const std::vector<ProcessEntry>& table) const {
  std::multimap<pid_t, const ProcessEntry*> by_parent;
  for (const ProcessEntry& entry : table) {
    by_parent.emplace(entry.parent, &entry);
  }
  std::vector<ProcessEntry> members;
  const auto [first, last] = by_parent.equal_range(self_);
  for (auto child = first; child != last; ++child) {
    const ProcessEntry& entry = *child->second;
    if (ours_to_watch(entry)) {
      members.push_back(entry);
    }
  }
  for (std::size_t next = 0; next < members.size() && members.size() <= table.size(); ++next) {
    const auto [begin, end] = by_parent.equal_range(members[next].pid);
    for (auto child = begin; child != end; ++child) {
      members.push_back(*child->second);
    }
  }
  return members;
}

}  // namespace ocibench::agent
