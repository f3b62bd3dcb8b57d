#include "agent/sampling/net_dev.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "agent/sampling/kept_file.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

constexpr std::size_t kColumns = 16;
constexpr std::size_t kHeaderLines = 2;
constexpr std::uint64_t kMaxRouteBytes = 4 * 1024 * 1024;

struct NamedCounters {
  std::string_view name;
  InterfaceCounters counters;
};

std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

std::optional<NamedCounters> parse_line(std::string_view line) {
  // The last colon: an alias such as "eth0:1" has one in its name.
  const std::size_t colon = line.rfind(':');
  const std::size_t begin = line.find_first_not_of(" \t");
  if (colon == std::string_view::npos || begin == colon) {
    return std::nullopt;
  }
  std::array<std::uint64_t, kColumns> values{};
  const char* next = line.data() + colon + 1;
  const char* const end = line.data() + line.size();
  for (std::uint64_t& value : values) {
    const char* const digits =
        std::find_if(next, end, [](char c) { return c != ' ' && c != '\t'; });
    const auto parsed = std::from_chars(digits, end, value);
    if (parsed.ec != std::errc{}) {
      return std::nullopt;
    }
    next = parsed.ptr;
  }
  // proc(5): rx bytes packets errs drop fifo frame compressed multicast, then tx likewise.
  return NamedCounters{line.substr(begin, colon - begin),
                       {.rx_bytes = values[0],
                        .rx_packets = values[1],
                        .rx_dropped = values[3],
                        .tx_bytes = values[8],
                        .tx_packets = values[9],
                        .tx_dropped = values[11]}};
}

constexpr std::array<std::uint64_t InterfaceCounters::*, 6> kCounters{
    &InterfaceCounters::rx_bytes, &InterfaceCounters::rx_packets, &InterfaceCounters::rx_dropped,
    &InterfaceCounters::tx_bytes, &InterfaceCounters::tx_packets, &InterfaceCounters::tx_dropped};

struct BestRoute {
  std::string interface;
  std::uint64_t metric = std::numeric_limits<std::uint64_t>::max();

  void offer(std::string_view candidate, std::string_view metric_text, int base) {
    std::uint64_t value = 0;
    const char* const end = metric_text.data() + metric_text.size();
    const auto parsed = std::from_chars(metric_text.data(), end, value, base);
    if (parsed.ec == std::errc{} && value < metric && candidate != "lo" && !candidate.empty()) {
      metric = value;
      interface = candidate;
    }
  }
};

}  // namespace

Result<std::map<std::string, InterfaceCounters>> parse_net_dev(std::string_view text) {
  std::map<std::string, InterfaceCounters> interfaces;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    if (number <= kHeaderLines) {
      if (line.find('|') == std::string_view::npos) {
        return fail(ErrorCode::bad_input, fmt::format("/proc/net/dev:{}: no header", number));
      }
      continue;
    }
    const auto parsed = parse_line(line);
    if (!parsed) {
      return fail(
          ErrorCode::bad_input,
          fmt::format("/proc/net/dev:{}: expected a name and {} numbers", number, kColumns));
    }
    interfaces.insert_or_assign(std::string(parsed->name), parsed->counters);
  }
  return interfaces;
}

std::optional<InterfaceCounters> find_in_net_dev(std::string_view text,
                                                 std::string_view interface) {
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.find(interface) == std::string_view::npos) {
      continue;
    }
    if (const auto parsed = parse_line(line); parsed && parsed->name == interface) {
      return parsed->counters;
    }
  }
  return std::nullopt;
}

std::optional<InterfaceCounters> difference(const InterfaceCounters& earlier,
                                            const InterfaceCounters& later) {
  InterfaceCounters result;
  for (const auto counter : kCounters) {
    if (later.*counter < earlier.*counter) {
      return std::nullopt;
    }
    result.*counter = later.*counter - earlier.*counter;
  }
  return result;
}

std::optional<std::string> default_route_interface(std::string_view route,
                                                   std::string_view ipv6_route) {
  BestRoute best;
  while (!route.empty()) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
    const std::string_view line = next_line(route);
    if (word_at(line, 1) == "00000000" && word_at(line, 7) == "00000000") {
      best.offer(word_at(line, 0), word_at(line, 6), 10);
    }
  }
  while (best.interface.empty() && !ipv6_route.empty()) {
    // destination prefix source prefix next-hop metric refcnt use flags interface
    const std::string_view line = next_line(ipv6_route);
    if (word_at(line, 1) == "00" &&
        word_at(line, 0).find_first_not_of('0') == std::string_view::npos) {
      best.offer(word_at(line, 9), word_at(line, 5), 16);
    }
  }
  return best.interface.empty() ? std::nullopt : std::optional(best.interface);
}

Result<std::string> read_default_route_interface(const std::filesystem::path& proc_root) {
  const auto text = [&](const char* name) {
    return read_file(proc_root / "net" / name, kMaxRouteBytes).value_or(std::string());
  };
  if (auto interface = default_route_interface(text("route"), text("ipv6_route"))) {
    return *interface;
  }
  return fail(ErrorCode::not_found,
              "there is no default route; name the interface to measure in the agent's settings");
}

}  // namespace ocibench::agent
