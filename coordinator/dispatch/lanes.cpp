#include "coordinator/dispatch/lanes.hpp"

#include <algorithm>

namespace ocibench::coordinator {

bool Lane::offers(const PlannedTool& tool) const {
  return std::ranges::any_of(tools, [&](const protocol::ToolOffer& offer) {
    return offer.name == tool.name && offer.usable &&
           offer.definition_sha256 == tool.definition_sha256;
  });
}

Lane* Lanes::find(const AgentName& agent) {
  const auto found = lanes_.find(agent);
  return found == lanes_.end() ? nullptr : &found->second;
}

const Lane* Lanes::find(const AgentName& agent) const {
  const auto found = lanes_.find(agent);
  return found == lanes_.end() ? nullptr : &found->second;
}

std::size_t Lanes::present() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lanes_, [](const auto& entry) { return entry.second.present; }));
}

void Lanes::settle(std::uint32_t planned_lane, const AgentName& agent) {
  AgentName& home = home_[planned_lane];
  if (!home.empty()) {
    --homes_of_[home];
  }
  home = agent;
  ++homes_of_[agent];
}

bool Lanes::may_host(const AgentName& agent, std::uint32_t planned_lane,
                     const PlannedTool& tool) const {
  if (const auto home = home_.find(planned_lane); home != home_.end()) {
    const Lane* lane = find(home->second);
    if (lane != nullptr && lane->present && lane->offers(tool)) {
      return home->second == agent;
    }
  }
  const std::size_t mine = homes_of(agent);
  return std::ranges::none_of(lanes_, [&](const auto& entry) {
    const auto& [name, lane] = entry;
    return lane.present && !lane.lease && lane.offers(tool) && homes_of(name) < mine;
  });
}

std::size_t Lanes::homes_of(const AgentName& agent) const {
  const auto found = homes_of_.find(agent);
  return found == homes_of_.end() ? 0 : found->second;
}

}  // namespace ocibench::coordinator
