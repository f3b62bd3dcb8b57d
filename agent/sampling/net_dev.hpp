#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::agent {

/// Counters of one interface since it came up.
struct InterfaceCounters {
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_dropped = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_dropped = 0;

  friend bool operator==(const InterfaceCounters&, const InterfaceCounters&) = default;
};

/// Parses /proc/net/dev: two lines of header, then "name:" and 16 numbers each; a large first
/// number touches the colon. Errors: bad_input with the line.
Result<std::map<std::string, InterfaceCounters>> parse_net_dev(std::string_view text);

/// One interface's line of it, without allocating: for the sampler. nullopt: no such interface or
/// not in that form.
std::optional<InterfaceCounters> find_in_net_dev(std::string_view text, std::string_view interface);

/// later - earlier. nullopt when a counter went backwards: the interface was replaced or reset.
std::optional<InterfaceCounters> difference(const InterfaceCounters& earlier,
                                            const InterfaceCounters& later);

/// The interface of the default route with the lowest metric, from route(4) files of /proc/net:
/// IPv4's `route`, or else `ipv6_route`. nullopt: there is none.
std::optional<std::string> default_route_interface(std::string_view route,
                                                   std::string_view ipv6_route);

/// Errors: not_found when there is no default route: name the interface in the agent's settings.
Result<std::string> read_default_route_interface(const std::filesystem::path& proc_root);

}  // namespace ocibench::agent
