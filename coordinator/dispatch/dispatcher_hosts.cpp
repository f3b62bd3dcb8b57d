// The fourth part of the dispatcher: lanes that share a host.
//
// What runs beside another on the same cores is slower for it, and where the two share a network
// namespace the bytes of one are counted for the other. So such lanes take turns, in the order of
// the plan, unless the campaign says that they run at once.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "coordinator/dispatch/dispatcher.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::size_t kMostNamed = 3;

/// "one, two, three and 4 more".
std::string names_text(const std::vector<AgentName>& agents) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(agents.size(), kMostNamed); ++i) {
    names.push_back(agents[i].str());
  }
  const std::string more = agents.size() > kMostNamed
                               ? fmt::format(" and {} more", agents.size() - kMostNamed)
                               : std::string();
  return fmt::format("{}{}", fmt::join(names, ", "), more);
}

}  // namespace

/// The lease of another lane of its host that has to end before the agent may have one.
std::optional<std::size_t> Dispatcher::lease_in_the_way_of(const AgentName& agent) const {
  return plan_.agents.share_host ? std::nullopt : lanes_.lease_on_host_of(agent);
}

/// Whether an idle lane of the same host may have a trial that comes before `index` in the plan.
bool Dispatcher::neighbour_goes_first(const AgentName& agent, std::size_t index) const {
  if (plan_.agents.share_host) {
    return false;
  }
  return std::ranges::any_of(lanes_.neighbours_of(agent), [&](const AgentName& neighbour) {
    return next_trial_for(neighbour).value_or(index) < index;
  });
}

/// Empty unless trials that start together would have to take turns.
std::string Dispatcher::why_no_common_start() const {
  const auto together = std::ranges::find(
      plan_.scenarios, Start::together, [](const PlannedScenario& one) { return one.steps.start; });
  const std::size_t hosts = lanes_.hosts();
  if (together == plan_.scenarios.end() || plan_.agents.share_host || hosts >= plan_.tools.size() ||
      hosts == lanes_.present()) {
    return "";
  }
  return fmt::format(
      "in scenario {} the {} tools of a round start together, and agents {} are on one host, where "
      "lanes take turns: give each agent a host of its own, or set share_host = true in [agents]",
      together->name, plan_.tools.size(), names_text(lanes_.shared_hosts().begin()->second));
}

/// For people, when an agent comes: whom it shares its host with.
void Dispatcher::name_host(const AgentName& agent, Actions& out) const {
  const std::vector<AgentName> neighbours = lanes_.neighbours_of(agent);
  if (!neighbours.empty()) {
    out.emplace_back(
        Notice{.text = fmt::format(
                   "agent {} is on the host of {}: they {}", agent.str(), names_text(neighbours),
                   plan_.agents.share_host ? "run at once, and no sentence compares what ran so"
                                           : "take turns")});
  } else if (!lanes_.find(agent)->host && lanes_.present() > 1) {
    out.emplace_back(Notice{
        .level = Notice::Level::warning,
        .text = fmt::format("agent {} gives no identity of its host: it counts as alone on it",
                            agent.str())});
  }
}

}  // namespace ocibench::coordinator
