#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ocibench::agent {

/// The driver's own counters of an interface, as `ethtool -S` prints them; empty when it has none.
std::map<std::string, std::uint64_t> read_driver_counters(const std::string& interface);

}  // namespace ocibench::agent
