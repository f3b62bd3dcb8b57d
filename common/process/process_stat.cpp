#include "common/process/process_stat.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "common/file.hpp"

namespace ocibench {
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

constexpr std::uint64_t kMaxStatBytes = 4096;

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

Result<ProcessIdentity> identity_of(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid), kMaxStatBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return parse_process_stat(*text).map([](const ProcessEntry& entry) {
    return ProcessIdentity{entry.pid, entry.start_ticks};
  });
}

}  // namespace ocibench
