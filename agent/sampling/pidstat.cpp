#include "agent/sampling/pidstat.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "common/units.hpp"

namespace ocibench::agent {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::uint64_t kMaxRssKiB = std::uint64_t{1} << 50;
constexpr std::size_t kMaxColumns = 64;
/// A process may have line feeds in its name, which pidstat prints as it is. Such a name (15 bytes,
/// TASK_COMM_LEN of the kernel) goes on in a line that is shorter than any row or header.
constexpr std::size_t kMaxRestOfNameBytes = 14;

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// False: the column matters to us and doesn't hold what it should.
bool take_cell(std::string_view column, std::string_view cell, PidstatRow& row) {
  if (column == "Time") {
    row.time = number<std::int64_t>(cell).value_or(-1);
    return row.time >= 0;
  }
  if (column == "PID") {
    row.pid = number<pid_t>(cell).value_or(0);
    return row.pid > 0;
  }
  if (column == "%CPU") {
    row.cpu_percent = number<double>(cell).value_or(-1);
    return std::isfinite(row.cpu_percent) && row.cpu_percent >= 0;
  }
  if (column == "RSS") {
    const auto kib = number<std::uint64_t>(cell);
    row.rss_bytes = std::min(kib.value_or(0), kMaxRssKiB) * kKiB;
    return kib.has_value() && *kib <= kMaxRssKiB;
  }
  return true;
}

}  // namespace

Result<PidstatParser::Line> PidstatParser::feed(std::string_view line) {
  ++line_number_;
  if (line.size() > kMaxLineBytes) {
    return fail(ErrorCode::bad_input, fmt::format("pidstat:{}: line too long", line_number_));
  }
  if (line.size() <= kMaxRestOfNameBytes) {
    return Line::other;
  }
  if (line.starts_with('#')) {
    return feed_header(line.substr(1));
  }
  if (line.find_first_not_of(kBlanks) == std::string_view::npos || line.starts_with("Linux ")) {
    return Line::other;
  }
  return feed_row(line);
}

Result<PidstatParser::Line> PidstatParser::feed_header(std::string_view line) {
  columns_.clear();
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    columns_.emplace_back(word);
  }
  constexpr std::array<std::string_view, 4> kNeeded{"Time", "PID", "%CPU", "RSS"};
  const bool complete = std::all_of(kNeeded.begin(), kNeeded.end(), [this](std::string_view name) {
    return std::count(columns_.begin(), columns_.end(), name) == 1;
  });
  if (!complete || columns_.size() > kMaxColumns || columns_.back() != "Command") {
    columns_.clear();
    return fail(ErrorCode::bad_input,
                fmt::format("pidstat:{}: expected the columns Time, PID, %CPU, RSS and Command",
                            line_number_));
  }
  return Line::header;
}

Result<PidstatParser::Line> PidstatParser::feed_row(std::string_view line) {
  if (columns_.empty()) {
    return fail(ErrorCode::bad_input,
                fmt::format("pidstat:{}: numbers before a header", line_number_));
  }
  row_ = PidstatRow{};
  for (std::size_t index = 0; index + 1 < columns_.size(); ++index) {
    const std::string_view cell = take_word(line);
    if (cell.empty() || !take_cell(columns_[index], cell, row_)) {
      return fail(ErrorCode::bad_input,
                  fmt::format("pidstat:{}: column {}: '{}'", line_number_, columns_[index], cell));
    }
  }
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  row_.command = line;
  return Line::row;
}

Result<std::vector<PidstatRow>> parse_pidstat(std::string_view text) {
  PidstatParser parser;
  std::vector<PidstatRow> rows;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto kind = parser.feed(line);
    if (!kind) {
      return tl::unexpected(kind.error());
    }
    if (*kind == PidstatParser::Line::row) {
      rows.push_back(parser.row());
    }
  }
  return rows;
}

std::map<std::int64_t, PidstatSum> sum_by_time(const std::vector<PidstatRow>& rows,
                                               const std::function<bool(pid_t)>& wanted) {
  std::map<std::int64_t, PidstatSum> sums;
  for (const PidstatRow& row : rows) {
    if (wanted(row.pid)) {
      PidstatSum& sum = sums[row.time];
      sum.cpu_percent += row.cpu_percent;
      sum.rss_bytes += static_cast<double>(row.rss_bytes);
    }
  }
  return sums;
}

}  // namespace ocibench::agent
