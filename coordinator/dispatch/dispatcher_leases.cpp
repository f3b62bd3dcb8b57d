// The second part of the dispatcher: what time does to lanes and leases, and how a campaign ends.

#include <algorithm>

#include <fmt/format.h>

#include "coordinator/dispatch/dispatcher.hpp"
#include "coordinator/plan/assignment_of.hpp"

namespace ocibench::coordinator {

// ---------------------------------------------------------------- time

Actions Dispatcher::on_tick(Now now) {
  Actions out;
  if (finished_) {
    return out;
  }
  std::vector<AgentName> silent;
  for (const auto& [agent, lane] : lanes_.all()) {
    if (lane.present && now.mono - lane.last_heard > plan_.limits.agent_lost_after) {
      silent.push_back(agent);
    }
  }
  for (const AgentName& agent : silent) {
    lose_lane(agent,
              fmt::format("agent {} was silent for more than {} s", agent.str(),
                          plan_.limits.agent_lost_after.count() / 1000),
              now, out);
  }
  name_silent_agents(now, out);
  expire_leases(now, out);
  repeat_assignments(now, out);
  gather(now, out);
  hand_out(now, out);
  start_ready(now, out);
  end_if_over(now, out);
  return out;
}

/// Long before it is given up, so that whoever watches knows why nothing moves.
void Dispatcher::name_silent_agents(Now now, Actions& out) {
  for (const auto& [agent, seen] : lanes_.all()) {
    if (!seen.present || seen.missed ||
        now.mono - seen.last_heard <= kMissedHeartbeats * plan_.limits.heartbeat) {
      continue;
    }
    lanes_.at(agent).missed = true;
    out.emplace_back(
        Notice{.level = Notice::Level::warning,
               .text = fmt::format("agent {} is silent; it is given up after {} s", agent.str(),
                                   plan_.limits.agent_lost_after.count() / 1000)});
  }
}

void Dispatcher::expire_leases(Now now, Actions& out) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status == TrialStatus::leased && now.mono > trials_[i].lease_ends) {
      const AgentName agent = trials_[i].agent;
      const AttemptId id{plan_.trials[i].id, trials_[i].attempt};
      lose_attempt(i, fmt::format("its lease on agent {} ran out", agent.str()), now, out);
      out.emplace_back(Send{agent, protocol::Cancel{.id = id, .reason = "the lease ran out"}});
    }
  }
}

/// Any frame may be lost: an assignment is repeated until the agent shows that it has it.
void Dispatcher::repeat_assignments(Now now, Actions& out) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const TrialState& state = trials_[i];
    if (state.status == TrialStatus::leased && !state.confirmed && !interrupted_ &&
        now.mono - state.assigned_at >= kAssignRepeat) {
      assign(i, now, out);
    }
  }
}

Actions Dispatcher::on_agent_exit(const AgentName& agent, const std::string& cause, Now now) {
  Actions out;
  if (!finished_ && lanes_.find(agent) != nullptr) {
    lose_lane(agent, cause, now, out);
    hand_out(now, out);
    end_if_over(now, out);
  }
  return out;
}

Actions Dispatcher::on_interrupt(Now now) {
  Actions out;
  if (finished_) {
    return out;
  }
  if (interrupted_) {
    finish(true, "interrupted", now, out);
    return out;
  }
  interrupted_ = true;
  interrupt_deadline_ = now.mono + kInterruptGrace;
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status == TrialStatus::leased) {
      out.emplace_back(
          Send{trials_[i].agent, protocol::Cancel{.id = {plan_.trials[i].id, trials_[i].attempt},
                                                  .reason = "the campaign was interrupted"}});
    }
  }
  end_if_over(now, out);
  return out;
}

// ---------------------------------------------------------------- leases

void Dispatcher::lose_lane(const AgentName& agent, const std::string& cause, Now now,
                           Actions& out) {
  Lane& lane = lanes_.at(agent);
  lane.present = false;
  may_hand_out_ = true;  // what only this one was to do may now go to another
  lane.phase.reset();
  lane.iteration = 0;
  out.emplace_back(Notice{.level = Notice::Level::warning, .text = cause});
  if (lane.lease) {
    lose_attempt(*lane.lease, cause, now, out);
  }
}

void Dispatcher::lose_attempt(std::size_t index, const std::string& cause, Now now, Actions& out) {
  TrialState& state = trials_[index];
  OCIBENCH_ASSERT(state.status == TrialStatus::leased);
  append(AttemptLost{.id = {plan_.trials[index].id, state.attempt}, .at = now.wall, .cause = cause},
         out);
  lanes_.at(state.agent).lease.reset();
  state.last_cause = cause;
  state.status =
      state.attempt < plan_.limits.max_attempts ? TrialStatus::waiting : TrialStatus::done;
  last_progress_ = now.mono;
  may_hand_out_ = true;
}

/// Nothing begins before the agents that the campaign wants are there, or it has waited for them.
void Dispatcher::gather(Now now, Actions& out) {
  if (gathered_ || !goes_on(now)) {
    return;
  }
  const std::size_t here = lanes_.present();
  const bool waited = now.mono >= gather_deadline_;
  if (here >= plan_.agents.expected || (waited && here >= plan_.agents.minimum)) {
    gathered_ = true;
    may_hand_out_ = true;
    if (std::string reason = why_no_common_start(); !reason.empty()) {
      finish(false, std::move(reason), now, out);
    }
  } else if (waited && plan_.agents.minimum > 1 && here > 0) {
    finish(false,
           fmt::format("{} of the {} agents that this campaign needs came within {} s", here,
                       plan_.agents.minimum, plan_.limits.agent_wait.count() / 1000),
           now, out);
  }
}

bool Dispatcher::goes_on(Now now) const {
  return !interrupted_ && !finished_ && now.mono < deadline_;
}

/// Agents that share a quota take turns.
bool Dispatcher::all_places_taken() const {
  return plan_.agents.at_a_time > 0 &&
         std::ranges::count(trials_, TrialStatus::leased, &TrialState::status) >=
             plan_.agents.at_a_time;
}

/// To everybody, when something has changed for more than one of them: with thousands of agents
/// this is no work for every message.
void Dispatcher::hand_out(Now now, Actions& out) {
  if (!may_hand_out_ || !gathered_ || !goes_on(now)) {
    return;
  }
  may_hand_out_ = false;
  for (const auto& [agent, lane] : lanes_.all()) {
    hand_out_to(agent, now, out);
  }
}

void Dispatcher::hand_out_to(const AgentName& agent, Now now, Actions& out) {
  const Lane* lane = lanes_.find(agent);
  if (!gathered_ || !goes_on(now) || !lane->present || lane->lease || all_places_taken() ||
      lease_in_the_way_of(agent)) {
    return;
  }
  const auto index = next_trial_for(agent);
  if (index && neighbour_goes_first(agent, *index)) {
    may_hand_out_ = true;  // it is looked at in this pass, or in the next one
  } else if (index) {
    lease(*index, agent, now, out);
  }
}

std::optional<std::size_t> Dispatcher::next_trial_for(const AgentName& agent) const {
  const Lane* lane = lanes_.find(agent);
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const PlannedTool& tool = planned_tool(plan_, plan_.trials[i]);
    if (trials_[i].status == TrialStatus::waiting && lane->offers(tool) &&
        lanes_.may_host(agent, plan_.trials[i].lane, tool)) {
      return i;
    }
  }
  return std::nullopt;
}

void Dispatcher::lease(std::size_t index, const AgentName& agent, Now now, Actions& out) {
  TrialState& state = trials_[index];
  const Trial& trial = plan_.trials[index];
  Lane& lane = lanes_.at(agent);
  state = {
      .status = TrialStatus::leased,
      .attempt = state.attempt + 1,
      .agent = agent,
      .boot = lane.boot,
      .lease_ends = now.mono + trial.overhead_timeout + trial.iteration_timeout * trial.iterations,
      .last_cause = state.last_cause};
  lane.lease = index;
  lanes_.settle(trial.lane, agent);
  allowance_.give({trial.id, state.attempt}, agent, lane.boot, record_budget_bytes(trial));
  last_progress_ = now.mono;
  append(
      TrialLeased{
          .id = {trial.id, state.attempt}, .agent = agent, .boot = lane.boot, .at = now.wall},
      out);
  const std::string again =
      state.attempt == 1 ? std::string() : fmt::format(" as attempt {}", state.attempt);
  out.emplace_back(
      Notice{.text = fmt::format("{} goes to agent {}{}", trial.id.str(), agent.str(), again)});
  assign(index, now, out);
}

void Dispatcher::assign(std::size_t index, Now now, Actions& out) {
  TrialState& state = trials_[index];
  state.assigned_at = now.mono;
  out.emplace_back(
      Send{state.agent, protocol::Assign{state.boot, assignment_of(plan_, plan_.trials[index],
                                                                   campaign_, state.attempt)}});
}

// ---------------------------------------------------------------- the end

void Dispatcher::end_if_over(Now now, Actions& out) {
  if (finished_) {
    return;
  }
  const auto open = [&](TrialStatus status) {
    return std::ranges::any_of(trials_, [&](const auto& state) { return state.status == status; });
  };
  if (!open(TrialStatus::waiting) && !open(TrialStatus::leased)) {
    finish(interrupted_, {}, now, out);
  } else if (interrupted_ && (!open(TrialStatus::leased) || now.mono >= interrupt_deadline_)) {
    finish(true, "interrupted", now, out);
  } else if (now.mono >= deadline_) {
    finish(false,
           fmt::format("the campaign's deadline of {} s passed",
                       plan_.limits.campaign_deadline.count() / 1000),
           now, out);
  } else if (!open(TrialStatus::leased) && now.mono - last_progress_ >= plan_.limits.agent_wait) {
    finish(false, missing_reason(), now, out);
  }
}

/// Nobody took the waiting trials: says why, as far as the agents told.
std::string Dispatcher::missing_reason() const {
  const auto waited = plan_.limits.agent_wait.count() / 1000;
  if (lanes_.present() == 0) {
    const auto hurt = std::ranges::find_if(trials_, [](const TrialState& state) {
      return state.status == TrialStatus::waiting && !state.last_cause.empty();
    });
    return hurt == trials_.end()
               ? fmt::format("no agent came within {} s", waited)
               : fmt::format("{}, and no other agent came within {} s", hurt->last_cause, waited);
  }
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const std::string& tool = plan_.trials[i].tool;
    if (trials_[i].status != TrialStatus::waiting) {
      continue;
    }
    for (const auto& [agent, lane] : lanes_.all()) {
      const auto offer = std::ranges::find(lane.tools, tool, &protocol::ToolOffer::name);
      if (offer != lane.tools.end()) {
        return offer->usable
                   ? fmt::format(
                         "agent {} has another definition of {}: install the same "
                         "version of ocibench on both sides",
                         agent.str(), tool)
                   : fmt::format("agent {} cannot run {}: {}", agent.str(), tool, offer->reason);
      }
    }
    return fmt::format("no agent has the tool {} in its catalog", tool);
  }
  return fmt::format("nothing moved for {} s", waited);
}

void Dispatcher::finish(bool interrupted, std::string reason, Now now, Actions& out) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status == TrialStatus::leased) {
      lose_attempt(i, reason.empty() ? "the campaign ended" : reason, now, out);
    }
  }
  finished_ = true;
  append(CampaignFinished{.at = now.wall, .interrupted = interrupted, .reason = reason}, out);
  for (const auto& [agent, lane] : lanes_.all()) {
    out.emplace_back(
        Send{agent, protocol::Dismiss{.boot = lane.boot, .reason = std::string(kOver)}});
  }
  out.emplace_back(Finish{.interrupted = interrupted, .reason = std::move(reason)});
}

std::optional<std::size_t> Dispatcher::find_trial(const TrialId& id) const {
  const auto found = trial_index_.find(id);
  return found == trial_index_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Dispatcher::TrialView> Dispatcher::view() const {
  std::vector<TrialView> views;
  views.reserve(trials_.size());
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const TrialState& state = trials_[i];
    TrialView trial{.trial = &plan_.trials[i],
                    .status = state.status,
                    .attempt = state.attempt,
                    .iterations_finished = state.iterations_finished,
                    .agent = state.agent};
    if (const Lane* lane = lanes_.find(state.agent);
        state.status == TrialStatus::leased && lane != nullptr) {
      trial.phase = lane->phase;
      trial.iteration = lane->iteration;
    }
    views.push_back(std::move(trial));
  }
  return views;
}

}  // namespace ocibench::coordinator
