#include "protocol/log_throttle.hpp"

#include <fmt/format.h>

namespace ocibench::protocol {
namespace {

bool is_power_of_ten(std::uint64_t count) {
  while (count % 10 == 0) {
    count /= 10;
  }
  return count == 1;
}

}  // namespace

std::optional<std::string> LogThrottle::line(const std::string& key, const std::string& text) {
  const bool own = counts_.size() < kMaxKeys || counts_.contains(key);
  const std::uint64_t times = own ? ++counts_[key] : ++of_others_;
  if (!is_power_of_ten(times)) {
    return std::nullopt;
  }
  if (!own) {
    return fmt::format("{} ({} times, by others than the first {})", text, times, kMaxKeys);
  }
  return times == 1 ? text : fmt::format("{} ({} times)", text, times);
}

}  // namespace ocibench::protocol
