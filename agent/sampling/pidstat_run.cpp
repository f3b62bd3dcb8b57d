#include "agent/sampling/pidstat_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "agent/process/nameless_file.hpp"
#include "agent/sampling/pidstat.hpp"
#include "agent/sampling/series.hpp"

namespace ocibench::agent {
namespace {

constexpr int kStopPatienceMs = 2000;

std::vector<double> column(const std::map<std::int64_t, PidstatSum>& sums,
                           double PidstatSum::*member) {
  std::vector<double> values;
  for (const auto& [time, sum] : sums) {
    values.push_back(sum.*member);
  }
  return values;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// Rows of the tree; header and row lines of it go to `log`. Not the banner, which names the host.
Result<std::vector<PidstatRow>> filter(std::FILE* raw, const std::set<pid_t>& tree,
                                       std::ofstream& log) {
  PidstatParser parser;
  std::vector<PidstatRow> rows;
  std::array<char, PidstatParser::kMaxLineBytes> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), raw) != nullptr) {
    std::string_view line = buffer.data();
    if (!line.ends_with('\n')) {
      break;  // cut off when it was stopped
    }
    line.remove_suffix(1);
    const auto kind = parser.feed(line);
    if (!kind) {
      return tl::unexpected(kind.error());
    }
    const bool is_row = *kind == PidstatParser::Line::row;
    if (*kind == PidstatParser::Line::other || (is_row && !tree.contains(parser.row().pid))) {
      continue;
    }
    log << line << '\n';
    if (is_row) {
      rows.push_back(parser.row());
    }
  }
  return rows;
}

}  // namespace

PidstatRun::PidstatRun(SpawnedProcess process, Fd raw)
    : process_(std::move(process)), raw_(std::move(raw)) {}

Result<PidstatRun> PidstatRun::start(const std::filesystem::path& program,
                                     const std::filesystem::path& directory) {
  auto raw = nameless_file(directory);
  if (!raw) {
    return tl::unexpected(raw.error());
  }
  // Every variable is needed: without them numbers, columns and dates depend on the host's locale.
  auto process =
      spawn({.argv = {program.string(), "-h", "-H", "-u", "-r", "-d", "-p", "ALL", "1"},
             .environment = {{"LC_ALL", "C"}, {"S_COLORS", "never"}, {"S_TIME_FORMAT", "ISO"}},
             .working_directory = "/",
             .stdout_fd = raw->get(),
             .stderr_fd = raw->get()});
  if (!process) {
    return tl::unexpected(process.error());
  }
  process->release();
  if (auto executed = process->executed(); !executed) {
    return fail(executed.error(), program.string());
  }
  return PidstatRun(std::move(*process), std::move(*raw));
}

void PidstatRun::stop() { ::kill(process_.pid(), SIGINT); }

SpawnedProcess::End PidstatRun::wait_for_end() {
  pollfd end{.fd = process_.pidfd(), .events = POLLIN, .revents = 0};
  ::poll(&end, 1, kStopPatienceMs);
  return process_.kill_group_and_wait();
}

Result<PidstatRun::Summary> PidstatRun::finish(const std::set<pid_t>& tree,
                                               const std::filesystem::path& log) {
  Summary summary{.cost = wait_for_end().cpu};
  const File raw(::fdopen(raw_.release(), "r"), std::fclose);
  if (!raw) {
    return fail_errno("cannot read pidstat's output", errno);
  }
  std::rewind(raw.get());
  std::ofstream kept(log, std::ios::binary);
  const auto rows = filter(raw.get(), tree, kept);
  kept.close();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  if (!kept) {
    return fail(ErrorCode::io, fmt::format("cannot write {}", log.string()));
  }
  const auto sums = sum_by_time(*rows, [](pid_t) { return true; });
  summary.cpu_percent = spread_of(column(sums, &PidstatSum::cpu_percent));
  summary.rss_bytes = spread_of(column(sums, &PidstatSum::rss_bytes));
  return summary;
}

}  // namespace ocibench::agent
