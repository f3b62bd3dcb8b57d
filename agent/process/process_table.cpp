#include "agent/process/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
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

constexpr std::uint64_t kMaxChildrenBytes = 4 * 1024 * 1024;

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

/// Appends from /proc/PARENT/task/TID/children, which not every kernel has (CONFIG_PROC_CHILDREN).
/// False when they cannot be read.
bool read_children(const std::filesystem::path& proc_root, const std::string& parent,
                   std::vector<ProcessEntry>& children) {
  const Fd proc(::open(proc_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(proc_root / parent / "task", error)) {
    const auto text = read_file(task.path() / "children", kMaxChildrenBytes);
    if (!text) {
      return false;
    }
    std::istringstream pids(*text);
    for (std::string pid; pids >> pid;) {
      if (const auto entry = read_entry(proc.get(), pid.c_str())) {
        children.push_back(*entry);
      }
    }
  }
  return !error;
}

}  // namespace

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

Descendants::Descendants(std::filesystem::path proc_root, pid_t root, pid_t keeper)
    : proc_root_(std::move(proc_root)), root_(root), keeper_(keeper), self_(::getpid()) {
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
  if (!read_children(proc_root_, "self", adopted) ||
      (keeper_ > 0 && !read_children(proc_root_, std::to_string(keeper_), adopted))) {
    adopted = read_process_table(proc_root_);
  }
  std::erase_if(adopted, [this](const ProcessEntry& entry) { return !ours_to_watch(entry); });
  return adopted;
}

bool Descendants::ours_to_watch(const ProcessEntry& entry) const {
  return entry.parent == keeper_ ||
         (entry.parent == self_ && !own_children_.contains({entry.pid, entry.start_ticks}));
}

std::vector<ProcessEntry> Descendants::select(const std::vector<ProcessEntry>& table) const {
  std::multimap<pid_t, const ProcessEntry*> by_parent;
  for (const ProcessEntry& entry : table) {
    by_parent.emplace(entry.parent, &entry);
  }
  std::vector<ProcessEntry> members;
  for (const pid_t adopter : {self_, keeper_}) {
    const auto [first, last] = by_parent.equal_range(adopter);
    for (auto child = first; child != last; ++child) {
      if (ours_to_watch(*child->second)) {
        members.push_back(*child->second);
      }
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
