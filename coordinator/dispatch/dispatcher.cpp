#include "coordinator/dispatch/dispatcher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "coordinator/dispatch/stream_names.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {
namespace {

/// Calls the alternative of `visitors` that fits; the usual idiom for std::visit.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

const AttemptId& attempt_of(const AgentRecord& record) {
  return std::visit([](const auto& body) -> const AttemptId& { return body.id; }, record);
}

void note(Actions& out, Notice::Level level, std::string text) {
  out.emplace_back(Notice{level, std::move(text)});
}

}  // namespace

Dispatcher::Dispatcher(CampaignId campaign, Plan plan)
    : campaign_(std::move(campaign)), plan_(std::move(plan)), trials_(plan_.trials.size()) {
  for (std::size_t i = 0; i < plan_.trials.size(); ++i) {
    const bool unique = trial_index_.emplace(plan_.trials[i].id, i).second;
    OCIBENCH_ASSERT(unique);
  }
}

// ---------------------------------------------------------------- the journal

void Dispatcher::restore(const JournalEntry& entry) {
  if (const auto* record = std::get_if<AgentRecord>(&entry.body)) {
    std::uint64_t& next = next_seq_[{entry.agent, entry.boot}];
    OCIBENCH_ASSERT(entry.seq == next);
    ++next;
    accept_record(entry.agent, entry.boot, *record);
    return;
  }
  OCIBENCH_ASSERT(entry.seq == own_next_seq_);
  ++own_next_seq_;
  std::visit(
      Overloaded{
          [&](const CampaignStarted&) { campaign_recorded_ = true; },
          [&](const TrialLeased& leased) {
            if (const auto index = find_trial(leased.id.trial)) {
              TrialState& state = trials_[*index];
              state = {.status = TrialStatus::leased,
                       .attempt = leased.id.attempt,
                       .agent = leased.agent,
                       .boot = leased.boot};
              home_[plan_.trials[*index].tool] = leased.agent;
              lanes_[leased.agent].boot = leased.boot;
              lanes_[leased.agent].lease = *index;
            }
          },
          [&](const AttemptLost& lost) {
            const auto index = find_trial(lost.id.trial);
            if (index && trials_[*index].attempt == lost.id.attempt) {
              TrialState& state = trials_[*index];
              lanes_[state.agent].lease.reset();
              state.last_cause = lost.cause;
              state.status = state.attempt < plan_.limits.max_attempts ? TrialStatus::waiting
                                                                       : TrialStatus::done;
            }
          },
          [&](const CampaignFinished&) { finished_ = true; }},
      std::get<CoordinatorRecord>(entry.body));
}

void Dispatcher::append(CoordinatorRecord record, Actions& out) {
  out.emplace_back(Append{std::string(kCoordinatorStream), own_next_seq_,
                          protocol::encode_record(record)});
  ++own_next_seq_;
}

Actions Dispatcher::start(CampaignStarted started, Now now) {
  Actions out;
  deadline_ = now.mono + plan_.limits.campaign_deadline;
  last_progress_ = now.mono;
  if (!campaign_recorded_) {
    campaign_recorded_ = true;
    append(std::move(started), out);
  }
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status == TrialStatus::leased) {
      // Restored: its agent gets the usual time to be heard of again.
      const Trial& trial = plan_.trials[i];
      trials_[i].lease_ends =
          now.mono + trial.overhead_timeout + trial.iteration_timeout * trial.iterations;
      trials_[i].assigned_at = now.mono;
      Lane& lane = lanes_[trials_[i].agent];
      lane.present = true;
      lane.last_heard = now.mono;
    }
  }
  end_if_over(now, out);
  return out;
}

// ---------------------------------------------------------------- messages

Actions Dispatcher::on_message(const AgentName& peer, const protocol::AgentMessage& message,
                               Now now) {
  Actions out;
  if (finished_) {
    if (std::holds_alternative<protocol::Hello>(message) ||
        std::holds_alternative<protocol::Heartbeat>(message)) {
      out.emplace_back(Send{peer, protocol::Dismiss{.reason = "the campaign is over"}});
    }
    return out;
  }
  std::visit(Overloaded{[&](const protocol::Hello& hello) { on_hello(peer, hello, now, out); },
                        [&](const protocol::Heartbeat& beat) { on_heartbeat(peer, beat, now, out); },
                        [&](const protocol::RecordMessage& record) {
                          on_record(peer, record, now, out);
                        },
                        [&](const protocol::Goodbye& bye) {
                          const auto lane = lanes_.find(peer);
                          if (lane != lanes_.end() && lane->second.boot == bye.boot) {
                            lose_lane(peer, fmt::format("agent {} left: {}", peer.str(), bye.reason),
                                      now, out);
                          }
                        }},
             message);
  hand_out(now, out);
  end_if_over(now, out);
  return out;
}

void Dispatcher::on_hello(const AgentName& peer, const protocol::Hello& hello, Now now,
                          Actions& out) {
  if (hello.agent != peer) {
    out.emplace_back(Send{peer, protocol::Dismiss{.reason = "the name in Hello differs from the "
                                                            "connection's",
                                                  .refused = true}});
    return;
  }
  if (!lanes_.contains(peer) && lanes_.size() >= kMaxLanes) {
    out.emplace_back(Send{peer, protocol::Dismiss{
                                    .reason = fmt::format("more than {} agents", kMaxLanes),
                                    .refused = true}});
    return;
  }
  Lane& lane = lanes_[peer];
  if (lane.retired.contains(hello.boot) || lane.retired.size() >= kMaxBootsPerAgent) {
    out.emplace_back(Send{
        peer, protocol::Dismiss{.reason = fmt::format("another agent named {} has taken over; "
                                                      "give each agent a name of its own",
                                                      peer.str()),
                                .refused = true}});
    return;
  }
  if (!lane.boot.empty() && lane.boot != hello.boot) {
    if (lane.present || lane.lease) {
      lose_lane(peer, fmt::format("agent {} was restarted", peer.str()), now, out);
    }
    lane.retired.insert(lane.boot);
  }
  if (!lane.present) {
    last_progress_ = now.mono;
    note(out, Notice::Level::info, fmt::format("agent {} is here", peer.str()));
  }
  lane.boot = hello.boot;
  lane.present = true;
  lane.last_heard = now.mono;
  lane.tools = hello.tools;
  const auto known = next_seq_.find({peer, hello.boot});
  out.emplace_back(
      Send{peer, protocol::Welcome{.campaign = campaign_,
                                   .boot = hello.boot,
                                   .next_seq = known == next_seq_.end() ? 0 : known->second,
                                   .heartbeat_ms = static_cast<std::uint32_t>(
                                       plan_.limits.heartbeat.count())}});
  check_running(peer, hello.running, now, out);
}

void Dispatcher::on_heartbeat(const AgentName& peer, const protocol::Heartbeat& beat, Now now,
                              Actions& out) {
  const auto found = lanes_.find(peer);
  if (found == lanes_.end() || found->second.boot != beat.boot) {
    if (found != lanes_.end() && found->second.retired.contains(beat.boot)) {
      out.emplace_back(Send{peer, protocol::Dismiss{.reason = "another agent of this name has "
                                                              "taken over",
                                                    .refused = true}});
    }
    return;  // it will say Hello when it hears nothing
  }
  Lane& lane = found->second;
  if (!lane.present) {
    return;  // given up: only a Hello brings it back, with its offers
  }
  lane.last_heard = now.mono;
  lane.phase = beat.phase;
  lane.iteration = beat.iteration;
  out.emplace_back(Send{peer, protocol::HeartbeatReply{}});
  check_running(peer, beat.running, now, out);
}

void Dispatcher::check_running(const AgentName& peer, const std::optional<AttemptId>& running,
                               Now /*now*/, Actions& out) {
  if (!running) {
    return;
  }
  const auto index = find_trial(running->trial);
  const bool ours = index && trials_[*index].status == TrialStatus::leased &&
                    trials_[*index].attempt == running->attempt && trials_[*index].agent == peer &&
                    !interrupted_;
  if (ours) {
    trials_[*index].confirmed = true;
    return;
  }
  out.emplace_back(Send{
      peer, protocol::Cancel{.id = *running,
                             .reason = interrupted_ ? "the campaign was interrupted"
                                                    : "this attempt was given up"}});
}

void Dispatcher::on_record(const AgentName& peer, const protocol::RecordMessage& message, Now now,
                           Actions& out) {
  if (message.campaign != campaign_) {
    return;
  }
  const auto lane = lanes_.find(peer);
  if (lane == lanes_.end()) {
    return;  // never said Hello: it will
  }
  if (lane->second.boot == message.boot && lane->second.present) {
    lane->second.last_heard = now.mono;
  }
  const auto known = next_seq_.find({peer, message.boot});
  const std::uint64_t expected = known == next_seq_.end() ? 0 : known->second;
  if (message.seq == expected) {
    auto record = protocol::decode_agent_record(message.payload);
    if (!record) {
      out.emplace_back(Send{peer, protocol::Dismiss{.reason = record.error().message,
                                                    .refused = true}});
      lose_lane(peer, fmt::format("agent {} sent a broken record: {}", peer.str(),
                                  record.error().message),
                now, out);
      return;
    }
    next_seq_[{peer, message.boot}] = expected + 1;
    out.emplace_back(Append{agent_stream(peer, message.boot), message.seq, message.payload});
    accept_record(peer, message.boot, *record);
    last_progress_ = now.mono;
  }
  out.emplace_back(Send{peer, protocol::Ack{.boot = message.boot,
                                            .next_seq = next_seq_[{peer, message.boot}]}});
}

void Dispatcher::accept_record(const AgentName& agent, const BootId& boot,
                               const AgentRecord& record) {
  const AttemptId& id = attempt_of(record);
  const auto index = find_trial(id.trial);
  if (!index) {
    return;  // kept in the journal; the report marks it
  }
  TrialState& state = trials_[*index];
  if (state.status != TrialStatus::leased || state.attempt != id.attempt || state.agent != agent ||
      state.boot != boot) {
    return;  // a late result of an attempt that was given up: kept, marked, never merged
  }
  state.confirmed = true;
  if (std::holds_alternative<IterationFinished>(record)) {
    ++state.iterations_finished;
  }
  if (std::holds_alternative<TrialFinished>(record)) {
    state.status = TrialStatus::done;
    Lane& lane = lanes_[agent];
    lane.lease.reset();
    lane.phase.clear();
    lane.iteration = 0;
  }
}

// ---------------------------------------------------------------- time

Actions Dispatcher::on_tick(Now now) {
  Actions out;
  if (finished_) {
    return out;
  }
  std::vector<AgentName> silent;
  for (const auto& [agent, lane] : lanes_) {
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
  expire_leases(now, out);
  repeat_assignments(now, out);
  hand_out(now, out);
  end_if_over(now, out);
  return out;
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
  if (!finished_ && lanes_.contains(agent)) {
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
      out.emplace_back(Send{trials_[i].agent,
                            protocol::Cancel{.id = {plan_.trials[i].id, trials_[i].attempt},
                                             .reason = "the campaign was interrupted"}});
    }
  }
  end_if_over(now, out);
  return out;
}

// ---------------------------------------------------------------- leases

void Dispatcher::lose_lane(const AgentName& agent, const std::string& cause, Now now,
                           Actions& out) {
  Lane& lane = lanes_[agent];
  lane.present = false;
  lane.phase.clear();
  lane.iteration = 0;
  note(out, Notice::Level::warning, cause);
  if (lane.lease) {
    lose_attempt(*lane.lease, cause, now, out);
  }
}

void Dispatcher::lose_attempt(std::size_t index, const std::string& cause, Now now, Actions& out) {
  TrialState& state = trials_[index];
  OCIBENCH_ASSERT(state.status == TrialStatus::leased);
  append(AttemptLost{.id = {plan_.trials[index].id, state.attempt}, .at = now.wall, .cause = cause},
         out);
  lanes_[state.agent].lease.reset();
  state.last_cause = cause;
  state.status =
      state.attempt < plan_.limits.max_attempts ? TrialStatus::waiting : TrialStatus::done;
  last_progress_ = now.mono;
}

void Dispatcher::hand_out(Now now, Actions& out) {
  if (interrupted_ || now.mono >= deadline_) {
    return;
  }
  for (auto& [agent, lane] : lanes_) {
    if (!lane.present || lane.lease) {
      continue;
    }
    if (const auto index = next_trial_for(agent)) {
      lease(*index, agent, now, out);
    }
  }
}

std::optional<std::size_t> Dispatcher::next_trial_for(const AgentName& agent) const {
  const Lane& lane = lanes_.at(agent);
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    const std::string& tool = plan_.trials[i].tool;
    if (trials_[i].status == TrialStatus::waiting && offers(lane, tool) && may_host(agent, tool)) {
      return i;
    }
  }
  return std::nullopt;
}

/// One tool per dedicated lane as far as there are lanes: a tool stays where it first ran while that
/// lane lives, and a new tool goes to the present lane with the fewest tools.
bool Dispatcher::may_host(const AgentName& agent, const std::string& tool) const {
  if (const auto home = home_.find(tool); home != home_.end()) {
    const auto lane = lanes_.find(home->second);
    const bool home_lives = lane != lanes_.end() && lane->second.present;
    if (home_lives) {
      return home->second == agent;
    }
  }
  const std::size_t mine = homes_of(agent);
  return std::ranges::none_of(lanes_, [&](const auto& entry) {
    return entry.second.present && !entry.second.lease && offers(entry.second, tool) &&
           homes_of(entry.first) < mine;
  });
}

std::size_t Dispatcher::homes_of(const AgentName& agent) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(home_, [&](const auto& entry) { return entry.second == agent; }));
}

bool Dispatcher::offers(const Lane& lane, const std::string& tool) const {
  const auto planned = std::ranges::find(plan_.tools, tool, &PlannedTool::name);
  OCIBENCH_ASSERT(planned != plan_.tools.end());
  return std::ranges::any_of(lane.tools, [&](const protocol::ToolOffer& offer) {
    return offer.name == tool && offer.usable &&
           offer.definition_sha256 == planned->definition_sha256;
  });
}

void Dispatcher::lease(std::size_t index, const AgentName& agent, Now now, Actions& out) {
  TrialState& state = trials_[index];
  const Trial& trial = plan_.trials[index];
  Lane& lane = lanes_.at(agent);
  state = {.status = TrialStatus::leased,
           .attempt = state.attempt + 1,
           .agent = agent,
           .boot = lane.boot,
           .lease_ends =
               now.mono + trial.overhead_timeout + trial.iteration_timeout * trial.iterations,
           .last_cause = state.last_cause};
  lane.lease = index;
  home_[trial.tool] = agent;
  last_progress_ = now.mono;
  append(TrialLeased{.id = {trial.id, state.attempt},
                     .agent = agent,
                     .boot = lane.boot,
                     .at = now.wall},
         out);
  note(out, Notice::Level::info,
       state.attempt == 1
           ? fmt::format("{} goes to agent {}", trial.id.str(), agent.str())
           : fmt::format("{} goes to agent {} as attempt {}", trial.id.str(), agent.str(),
                         state.attempt));
  assign(index, now, out);
}

void Dispatcher::assign(std::size_t index, Now now, Actions& out) {
  TrialState& state = trials_[index];
  state.assigned_at = now.mono;
  out.emplace_back(
      Send{state.agent, protocol::Assign{assignment_for(state, plan_.trials[index])}});
}

Assignment Dispatcher::assignment_for(const TrialState& state, const Trial& trial) const {
  const auto tool = std::ranges::find(plan_.tools, trial.tool, &PlannedTool::name);
  return {.campaign = campaign_,
          .trial = trial,
          .attempt = state.attempt,
          .tool_definition_sha256 = tool->definition_sha256,
          .registry = plan_.registry,
          .corpus = plan_.corpus,
          .lock = plan_.lock};
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
  } else if (interrupted_ &&
             (!open(TrialStatus::leased) || now.mono >= interrupt_deadline_)) {
    finish(true, "interrupted", now, out);
  } else if (now.mono >= deadline_) {
    finish(false,
           fmt::format("the campaign's deadline of {} s passed",
                       plan_.limits.campaign_deadline.count() / 1000),
           now, out);
  } else if (!open(TrialStatus::leased) &&
             now.mono - last_progress_ >= plan_.limits.agent_wait) {
    finish(false, missing_reason(), now, out);
  }
}

/// Nobody took the waiting trials: says why, as far as the agents told.
std::string Dispatcher::missing_reason() const {
  const auto waited = plan_.limits.agent_wait.count() / 1000;
  const bool anyone = std::ranges::any_of(lanes_, [](const auto& l) { return l.second.present; });
  if (!anyone) {
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
    for (const auto& [agent, lane] : lanes_) {
      const auto offer = std::ranges::find(lane.tools, tool, &protocol::ToolOffer::name);
      if (offer != lane.tools.end()) {
        return offer->usable
                   ? fmt::format("agent {} has another definition of {}: install the same "
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
  for (const auto& [agent, lane] : lanes_) {
    out.emplace_back(Send{agent, protocol::Dismiss{.reason = "the campaign is over"}});
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
    if (const auto lane = lanes_.find(state.agent);
        state.status == TrialStatus::leased && lane != lanes_.end()) {
      trial.phase = lane->second.phase;
      trial.iteration = lane->second.iteration;
    }
    views.push_back(std::move(trial));
  }
  return views;
}

}  // namespace ocibench::coordinator
