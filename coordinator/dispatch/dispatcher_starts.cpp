// The third part of the dispatcher: trials of a round that start their iterations together.

#include <algorithm>

#include "coordinator/dispatch/dispatcher.hpp"

namespace ocibench::coordinator {

void Dispatcher::on_ready(std::size_t index, const protocol::Heartbeat& beat, Now now,
                          Actions& out) {
  TrialState& state = trials_[index];
  if (state.begun && state.begun->iteration == beat.iteration) {
    out.emplace_back(Send{state.agent, *state.begun});  // the first was lost, or has just left
    return;
  }
  state.ready = beat.iteration;
  start_ready(now, out);
}

/// The trials that a trial starts together with, itself among them.
std::vector<std::size_t> Dispatcher::group_of(std::size_t index) const {
  const Trial& one = plan_.trials[index];
  std::vector<std::size_t> group;
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const Trial& other = plan_.trials[i];
    if (other.scenario == one.scenario && other.round == one.round && other.images == one.images &&
        other.kind == one.kind) {
      group.push_back(i);
    }
  }
  return group;
}

/// Whether this one may become ready yet: it is on its way, or somebody who is here can take it.
/// Who waits at this very start can't, nor who shares a host with one that does.
bool Dispatcher::may_still_come(std::size_t index, const std::vector<std::size_t>& group) const {
  const TrialState& state = trials_[index];
  if (state.status == TrialStatus::leased) {
    return state.ready == 0;
  }
  if (state.status == TrialStatus::done) {
    return false;
  }
  return std::ranges::any_of(lanes_.all(), [&](const auto& entry) {
    const auto& [agent, lane] = entry;
    const auto waits_here = [&](std::size_t lease) {
      return std::ranges::find(group, lease) != group.end();
    };
    if (!lane.present || lane.lease) {
      return lane.present && !waits_here(*lane.lease);
    }
    const auto in_the_way = lease_in_the_way_of(agent);
    return !(in_the_way && waits_here(*in_the_way)) && next_trial_for(agent).has_value();
  });
}

void Dispatcher::start_ready(Now now, Actions& out) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status != TrialStatus::leased || trials_[i].ready == 0) {
      continue;
    }
    const std::vector<std::size_t> group = group_of(i);
    if (std::ranges::none_of(group,
                             [&](std::size_t each) { return may_still_come(each, group); })) {
      start_group(group, now, out);
    }
  }
}

void Dispatcher::start_group(const std::vector<std::size_t>& group, Now now, Actions& out) {
  const auto together = static_cast<std::uint32_t>(
      std::ranges::count_if(group, [&](std::size_t each) { return trials_[each].ready > 0; }));
  for (const std::size_t each : group) {
    TrialState& state = trials_[each];
    if (state.ready == 0) {
      continue;
    }
    state.begun = protocol::Begin{.id = {plan_.trials[each].id, state.attempt},
                                  .iteration = state.ready,
                                  .at = now.wall + kStartMargin,
                                  .together = together,
                                  .of = static_cast<std::uint32_t>(group.size())};
    state.ready = 0;
    out.emplace_back(Send{state.agent, *state.begun});
  }
}

}  // namespace ocibench::coordinator
