#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench::agent {

/// One process in one interval of pidstat.
struct PidstatRow {
  std::int64_t time = 0;  ///< Unix seconds at the end of the interval
  pid_t pid = 0;
  double cpu_percent = 0;  ///< 100 = one core
  std::uint64_t rss_bytes = 0;
  std::string command;
};

/// Reads the output of `LC_ALL=C S_COLORS=never S_TIME_FORMAT=ISO pidstat -h -H -u -r -d ... 1`
/// (sysstat 12) line by line. A line that starts with '#' names the columns and may come anywhere;
/// the last column, Command, may contain blanks.
class PidstatParser {
 public:
  enum class Line { header, row, other };  ///< other: banner, blank, or the rest of a name

  static constexpr std::size_t kMaxLineBytes = 4096;

  /// `row()` is valid after Line::row. Errors: bad_input with the number of the line.
  Result<Line> feed(std::string_view line);
  [[nodiscard]] const PidstatRow& row() const { return row_; }

 private:
  Result<Line> feed_header(std::string_view line);
  Result<Line> feed_row(std::string_view line);

  std::size_t line_number_ = 0;
  std::vector<std::string> columns_;
  PidstatRow row_;
};

/// A whole text at once. Errors: bad_input.
Result<std::vector<PidstatRow>> parse_pidstat(std::string_view text);

struct PidstatSum {
  double cpu_percent = 0;
  double rss_bytes = 0;
};

/// Per interval, the sums over the processes for which `wanted` says yes.
std::map<std::int64_t, PidstatSum> sum_by_time(const std::vector<PidstatRow>& rows,
                                               const std::function<bool(pid_t)>& wanted);

}  // namespace ocibench::agent
