#include "agent/clock_offset.hpp"

#include <algorithm>

namespace ocibench::agent {
namespace {

using std::chrono::nanoseconds;

nanoseconds way(const ClockExchange& exchange) { return exchange.answered - exchange.asked; }

/// The coordinator's clock minus the own monotonic one, if both ways took equally long. It can be
/// wrong by half of the way.
nanoseconds middle(const ClockExchange& exchange) {
  return exchange.theirs.time_since_epoch() - exchange.asked.time_since_epoch() - way(exchange) / 2;
}

/// Whether no pair of clocks that run on without being set gives both answers.
bool contradict(const ClockExchange& older, const ClockExchange& newer) {
  const nanoseconds apart = std::chrono::abs(middle(newer) - middle(older));
  const nanoseconds passed = newer.answered - older.asked;
  const nanoseconds drift =
      ClockComparison::kDriftPerSecond * std::chrono::ceil<std::chrono::seconds>(passed).count();
  return apart > (way(older) + way(newer)) / 2 + ClockComparison::kResolution + drift;
}

}  // namespace

void ClockComparison::add(const ClockExchange& exchange) {
  if (exchange.answered < exchange.asked) {
    return;  // an answer to a question of another life
  }
  std::erase_if(latest_, [&](const ClockExchange& older) { return contradict(older, exchange); });
  latest_.push_back(exchange);
  if (latest_.size() > kLatest) {
    latest_.pop_front();
  }
}

const ClockExchange* ClockComparison::quickest() const {
  const auto found = std::ranges::min_element(latest_, {}, way);
  return found == latest_.end() ? nullptr : &*found;
}

std::optional<ClockOffset> ClockComparison::best(MonoTime own, WallTime own_wall) const {
  const ClockExchange* exchange = quickest();
  if (exchange == nullptr) {
    return std::nullopt;
  }
  const nanoseconds ours = own_wall.time_since_epoch() - own.time_since_epoch();
  return ClockOffset{
      .offset = std::chrono::round<std::chrono::milliseconds>(middle(*exchange) - ours),
      .error = std::chrono::round<std::chrono::milliseconds>(way(*exchange) / 2) + kResolution};
}

std::optional<MonoTime> ClockComparison::own_time_of(WallTime theirs) const {
  const ClockExchange* exchange = quickest();
  if (exchange == nullptr) {
    return std::nullopt;
  }
  return MonoTime(theirs.time_since_epoch() - middle(*exchange));
}

}  // namespace ocibench::agent
