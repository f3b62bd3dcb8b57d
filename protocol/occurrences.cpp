#include "protocol/occurrences.hpp"

namespace ocibench::protocol {

std::optional<std::uint64_t> Occurrences::count(const std::string& key) {
  if (counts_.size() >= kMaxKeys && !counts_.contains(key)) {
    counts_.clear();
  }
  const std::uint64_t times = ++counts_[key];
  std::uint64_t rest = times;
  while (rest % 10 == 0) {
    rest /= 10;
  }
  return rest == 1 ? std::optional(times) : std::nullopt;
}

}  // namespace ocibench::protocol
