#include "agent/sampling/host_counters.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "agent/sampling/ethtool.hpp"
#include "agent/sampling/samples.hpp"
#include "common/process/probe.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kStealColumn = 8;  // cpu user nice system idle iowait irq softirq steal
constexpr std::size_t kChronyOffsetField = 4;
constexpr std::chrono::milliseconds kChronyPatience{500};
constexpr std::string_view kAllowanceSuffix = "_allowance_exceeded";

using Counter = std::optional<std::uint64_t>;

/// ENA: bw_in_, bw_out_, pps_, conntrack_ and linklocal_allowance_exceeded, in packets.
Counter sum_of_allowances(const std::string& interface) {
  Counter sum;
  for (const auto& [name, value] : read_driver_counters(interface)) {
    if (name.ends_with(kAllowanceSuffix)) {
      sum = sum.value_or(0) + value;
    }
  }
  return sum;
}

Counter psi(KeptFile& file) {
  const auto text = file.read();
  return text ? parse_psi_some_us(*text) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_steal_ticks(std::string_view stat) {
  const std::string_view line = stat.substr(0, stat.find('\n'));
  return word_at(line, 0) == "cpu" ? leading_number(word_at(line, kStealColumn)) : std::nullopt;
}

std::optional<std::uint64_t> parse_psi_some_us(std::string_view pressure) {
  constexpr std::string_view kTotal = "total=";
  const std::string_view line = pressure.substr(0, pressure.find('\n'));
  const std::size_t total = line.find(kTotal);
  if (word_at(line, 0) != "some" || total == std::string_view::npos) {
    return std::nullopt;
  }
  return leading_number(line.substr(total + kTotal.size()));
}

std::optional<std::uint64_t> parse_snmp(std::string_view snmp, std::string_view protocol,
                                        std::string_view column) {
  std::string_view names;
  while (!snmp.empty()) {
    const std::string_view line = snmp.substr(0, snmp.find('\n'));
    snmp.remove_prefix(std::min(snmp.size(), line.size() + 1));
    const std::string_view label = word_at(line, 0);
    if (label.size() != protocol.size() + 1 || !label.starts_with(protocol)) {
      continue;
    }
    if (names.empty()) {
      names = line;
      continue;
    }
    for (std::size_t index = 1; !word_at(names, index).empty(); ++index) {
      if (word_at(names, index) == column) {
        return leading_number(word_at(line, index));
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

HostCounters::HostCounters(const HostPaths& paths, std::string interface)
    : interface_(std::move(interface)),
      has_allowances_(sum_of_allowances(interface_).has_value()),
      stat_(paths.proc / "stat"),
      psi_cpu_(paths.proc / "pressure" / "cpu"),
      psi_io_(paths.proc / "pressure" / "io"),
      psi_memory_(paths.proc / "pressure" / "memory"),
      snmp_(paths.proc / "net" / "snmp") {}

HostTotals HostCounters::read() {
  HostTotals totals;
  if (const auto text = stat_.read()) {
    const auto us_per_tick = 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    if (const auto ticks = parse_steal_ticks(*text)) {
      totals.steal_us = *ticks * us_per_tick;
    }
  }
  totals.psi_cpu_some_us = psi(psi_cpu_);
  totals.psi_io_some_us = psi(psi_io_);
  totals.psi_memory_some_us = psi(psi_memory_);
  if (const auto text = snmp_.read()) {
    totals.tcp_sent_segments = parse_snmp(*text, "Tcp", "OutSegs");
    totals.tcp_retransmitted_segments = parse_snmp(*text, "Tcp", "RetransSegs");
  }
  if (has_allowances_) {
    totals.ena_allowance_exceeded = sum_of_allowances(interface_);
  }
  return totals;
}

ValidityCounters difference(const HostTotals& earlier, const HostTotals& later) {
  ValidityCounters moved;
  moved.steal_us = growth(earlier.steal_us, later.steal_us);
  moved.psi_cpu_some_us = growth(earlier.psi_cpu_some_us, later.psi_cpu_some_us);
  moved.psi_io_some_us = growth(earlier.psi_io_some_us, later.psi_io_some_us);
  moved.psi_memory_some_us = growth(earlier.psi_memory_some_us, later.psi_memory_some_us);
  moved.tcp_retransmitted_segments =
      growth(earlier.tcp_retransmitted_segments, later.tcp_retransmitted_segments);
  moved.ena_allowance_exceeded =
      growth(earlier.ena_allowance_exceeded, later.ena_allowance_exceeded);
  return moved;
}

std::optional<double> read_chrony_offset_s(const Clock& clock) {
  std::error_code error;
  if (!std::filesystem::exists("/run/chrony", error)) {
    return std::nullopt;
  }
  const auto answer =
      capture({.argv = {"/usr/bin/chronyc", "-c", "tracking"}, .deadline = kChronyPatience}, clock);
  return answer && answer->exit_code == 0 ? parse_chrony_offset_s(answer->text) : std::nullopt;
}

std::optional<double> parse_chrony_offset_s(std::string_view tracking) {
  for (std::size_t field = 0; field < kChronyOffsetField; ++field) {
    const std::size_t comma = tracking.find(',');
    if (comma == std::string_view::npos) {
      return std::nullopt;
    }
    tracking.remove_prefix(comma + 1);
  }
  const std::string_view text = tracking.substr(0, tracking.find(','));
  double offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(offset) : std::nullopt;
}

}  // namespace ocibench::agent
