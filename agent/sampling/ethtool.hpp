#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ocibench::agent {

/// The driver's own counters of an interface, as `ethtool -S` prints them; empty when it has none.
std::map<std::string, std::uint64_t> read_driver_counters(const std::string& interface);

/// The version of the driver, as `ethtool -i` prints it; that of the kernel for one that comes with
/// it. Nothing when there is no such interface or it does not tell.
std::optional<std::string> read_driver_version(const std::string& interface);

}  // namespace ocibench::agent
