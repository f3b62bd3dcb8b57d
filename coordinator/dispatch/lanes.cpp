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

std::map<std::string, std::vector<AgentName>> Lanes::shared_hosts() const {
  std::map<std::string, std::vector<AgentName>> hosts;
  for (const auto& [agent, lane] : lanes_) {
    if (lane.present && lane.host) {
      hosts[*lane.host].push_back(agent);
    }
  }
  std::erase_if(hosts, [](const auto& host) { return host.second.size() < 2; });
  return hosts;
}

std::size_t Lanes::hosts() const {
  std::size_t count = present();
  for (const auto& [host, agents] : shared_hosts()) {
    count -= agents.size() - 1;
  }
  return count;
}

std::vector<AgentName> Lanes::neighbours_of(const AgentName& agent) const {
  std::vector<AgentName> neighbours;
  const Lane* own = find(agent);
  if (own == nullptr || !own->host) {
    return neighbours;
  }
  for (const auto& [name, lane] : lanes_) {
    if (name != agent && lane.present && lane.host == own->host) {
      neighbours.push_back(name);
    }
  }
  return neighbours;
}

std::optional<std::size_t> Lanes::lease_on_host_of(const AgentName& agent) const {
  const Lane* own = find(agent);
  if (own == nullptr || !own->host) {
    return std::nullopt;
  }
  for (const auto& [name, lane] : lanes_) {
    const bool may_be_here = !lane.host && !lane.greeted;
    if (name != agent && lane.lease && (may_be_here || lane.host == own->host)) {
      return lane.lease;
    }
  }
  return std::nullopt;
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
