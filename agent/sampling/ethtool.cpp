#include "agent/sampling/ethtool.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "common/fd.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint32_t kMaxCounters = 4096;

/// SIOCETHTOOL takes structs with a tail of variable length; `request` has room for both.
bool ask(const Fd& socket, const std::string& interface, void* request) {
  ifreq frame{};
  interface.copy(frame.ifr_name, IFNAMSIZ - 1);
  frame.ifr_data = static_cast<char*>(request);
  return ::ioctl(socket.get(), SIOCETHTOOL, &frame) == 0;
}

template <class Header>
std::vector<std::byte> make_request(const Header& header, std::size_t tail_bytes) {
  std::vector<std::byte> request(sizeof(Header) + tail_bytes);
  std::memcpy(request.data(), &header, sizeof header);
  return request;
}

std::uint32_t count_counters(const Fd& socket, const std::string& interface) {
  ethtool_sset_info header{};
  header.cmd = ETHTOOL_GSSET_INFO;
  header.sset_mask = 1ULL << ETH_SS_STATS;
  auto request = make_request(header, sizeof(std::uint32_t));
  std::uint32_t count = 0;
  if (ask(socket, interface, request.data())) {
    std::memcpy(&count, request.data() + sizeof header, sizeof count);
  }
  return std::min(count, kMaxCounters);
}

}  // namespace

std::map<std::string, std::uint64_t> read_driver_counters(const std::string& interface) {
  std::map<std::string, std::uint64_t> counters;
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const std::uint32_t count = socket ? count_counters(socket, interface) : 0;
  ethtool_gstrings names_header{};
  names_header.cmd = ETHTOOL_GSTRINGS;
  names_header.string_set = ETH_SS_STATS;
  names_header.len = count;
  auto names = make_request(names_header, std::size_t{count} * ETH_GSTRING_LEN);
  ethtool_stats values_header{};
  values_header.cmd = ETHTOOL_GSTATS;
  values_header.n_stats = count;
  auto values = make_request(values_header, std::size_t{count} * sizeof(std::uint64_t));
  if (count == 0 || !ask(socket, interface, names.data()) ||
      !ask(socket, interface, values.data())) {
    return counters;
  }
  for (std::size_t index = 0; index < count; ++index) {
    std::string name(ETH_GSTRING_LEN, '\0');
    std::memcpy(name.data(), names.data() + sizeof names_header + index * ETH_GSTRING_LEN,
                name.size());
    std::uint64_t value = 0;
    std::memcpy(&value, values.data() + sizeof values_header + index * sizeof value, sizeof value);
    counters.insert_or_assign(name.substr(0, name.find('\0')), value);
  }
  return counters;
}

std::optional<std::string> read_driver_version(const std::string& interface) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  if (!socket || !ask(socket, interface, &driver)) {
    return std::nullopt;
  }
  const char* const text = static_cast<const char*>(driver.version);
  const std::string version(text, ::strnlen(text, sizeof driver.version));
  return version.empty() ? std::nullopt : std::optional(version);
}

}  // namespace ocibench::agent
