#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/sampling/kept_file.hpp"
#include "agent/sampling/tree_meter.hpp"
#include "common/model/iteration.hpp"

namespace ocibench::agent {

/// Counters of the whole host since boot; each absent where the host doesn't keep it.
struct HostTotals {
  std::optional<std::uint64_t> steal_us;
  std::optional<std::uint64_t> psi_cpu_some_us;
  std::optional<std::uint64_t> psi_io_some_us;
  std::optional<std::uint64_t> psi_memory_some_us;
  std::optional<std::uint64_t> tcp_sent_segments;  ///< without those sent again (RFC 4022)
  std::optional<std::uint64_t> tcp_retransmitted_segments;
  std::optional<std::uint64_t> ena_allowance_exceeded;
};

/// "cpu" line of /proc/stat, see proc(5).
std::optional<std::uint64_t> parse_steal_ticks(std::string_view stat);
/// "some ... total=N" of a /proc/pressure file (Documentation/accounting/psi.rst).
std::optional<std::uint64_t> parse_psi_some_us(std::string_view pressure);
/// A column of one protocol in /proc/net/snmp: a line of names, then a line of values.
std::optional<std::uint64_t> parse_snmp(std::string_view snmp, std::string_view protocol,
                                        std::string_view column);

/// Reads them from kept descriptors. Not thread-safe.
class HostCounters {
 public:
  HostCounters(const HostPaths& paths, std::string interface);
  HostTotals read();

 private:
  std::string interface_;
  bool has_allowances_;
  KeptFile stat_;
  KeptFile psi_cpu_;
  KeptFile psi_io_;
  KeptFile psi_memory_;
  KeptFile snmp_;
};

/// What moved in between. A counter that is absent on either side, or fell, is absent.
ValidityCounters difference(const HostTotals& earlier, const HostTotals& later);

/// How far chrony thinks that the clock is off. nullopt unless it runs and answers at once.
std::optional<double> read_chrony_offset_s(const Clock& clock);

/// "System time" of `chronyc -c tracking`: the fifth of its comma-separated fields.
std::optional<double> parse_chrony_offset_s(std::string_view tracking);

}  // namespace ocibench::agent
