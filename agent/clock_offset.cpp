#include "agent/clock_offset.hpp"

#include <algorithm>

namespace ocibench::agent {
namespace {

std::chrono::nanoseconds way(const ClockExchange& exchange) {
  return exchange.answered - exchange.asked;
}

}  // namespace

void ClockComparison::add(const ClockExchange& exchange) {
  if (exchange.answered < exchange.asked) {
    return;  // an answer to a question of another life
  }
  latest_.push_back(exchange);
  if (latest_.size() > kLatest) {
    latest_.pop_front();
  }
}

std::optional<ClockOffset> ClockComparison::best() const {
  const auto quickest = std::ranges::min_element(latest_, {}, way);
  if (quickest == latest_.end()) {
    return std::nullopt;
  }
  const auto half = std::chrono::round<std::chrono::milliseconds>(way(*quickest) / 2);
  return ClockOffset{.offset = quickest->theirs + half - quickest->ours,
                     .error = half + kResolution};
}

}  // namespace ocibench::agent
