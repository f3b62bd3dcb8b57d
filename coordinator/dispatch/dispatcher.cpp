#include "coordinator/dispatch/dispatcher.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/overloaded.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {
namespace {

const AttemptId& attempt_of(const AgentRecord& record) {
  return std::visit([](const auto& body) -> const AttemptId& { return body.id; }, record);
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
    // What is in the journal was taken once; now it only counts.
    (void)allowance_.take(attempt_of(*record), entry.agent, entry.boot,
                          protocol::encode_record(*record).size());
    accept_record(entry.agent, entry.boot, *record);
    const auto* begun = std::get_if<TrialStarted>(record);
    if (Lane* lane = lanes_.find(entry.agent);
        begun != nullptr && lane != nullptr && lane->boot == entry.boot) {
      lane->host = fact_of(begun->environment, kHostIdentityFact);
    }
    return;
  }
  OCIBENCH_ASSERT(entry.seq == own_next_seq_);
  ++own_next_seq_;
  std::visit(Overloaded{[&](const CampaignStarted&) { campaign_recorded_ = true; },
                        [&](const TrialLeased& leased) {
                          if (const auto index = find_trial(leased.id.trial)) {
                            TrialState& state = trials_[*index];
                            allowance_.give(leased.id, leased.agent, leased.boot,
                                            record_budget_bytes(plan_.trials[*index]));
                            state = {.status = TrialStatus::leased,
                                     .attempt = leased.id.attempt,
                                     .agent = leased.agent,
                                     .boot = leased.boot};
                            lanes_.settle(plan_.trials[*index].lane, leased.agent);
                            lanes_.at(leased.agent).boot = leased.boot;
                            lanes_.at(leased.agent).lease = *index;
                            gathered_ = true;
                          }
                        },
                        [&](const AttemptLost& lost) {
                          const auto index = find_trial(lost.id.trial);
                          if (index && trials_[*index].attempt == lost.id.attempt) {
                            TrialState& state = trials_[*index];
                            lanes_.at(state.agent).lease.reset();
                            state.last_cause = lost.cause;
                            state.status = state.attempt < plan_.limits.max_attempts
                                               ? TrialStatus::waiting
                                               : TrialStatus::done;
                          }
                        },
                        [&](const CampaignFinished&) { finished_ = true; }},
             std::get<CoordinatorRecord>(entry.body));
}

void Dispatcher::append(const CoordinatorRecord& record, Actions& out) {
  out.emplace_back(
      Append{std::string(kCoordinatorStream), own_next_seq_, protocol::encode_record(record)});
  ++own_next_seq_;
}

Actions Dispatcher::start(const CampaignStarted& started, Now now) {
  Actions out;
  deadline_ = now.mono + plan_.limits.campaign_deadline;
  gather_deadline_ = now.mono + plan_.limits.agent_wait;
  last_progress_ = now.mono;
  if (!campaign_recorded_) {
    campaign_recorded_ = true;
    append(started, out);
  }
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].status == TrialStatus::leased) {
      // Restored: its agent gets the usual time to be heard of again.
      const Trial& trial = plan_.trials[i];
      trials_[i].lease_ends =
          now.mono + trial.overhead_timeout + trial.iteration_timeout * trial.iterations;
      trials_[i].assigned_at = now.mono;
      Lane& lane = lanes_.at(trials_[i].agent);
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
    const auto dismiss = [&](const BootId& boot) {
      out.emplace_back(Send{peer, protocol::Dismiss{.boot = boot, .reason = std::string(kOver)}});
    };
    std::visit(Overloaded{[&](const protocol::Hello& hello) { dismiss(hello.boot); },
                          [&](const protocol::Heartbeat& beat) { dismiss(beat.boot); },
                          [](const auto&) {}},
               message);
    return out;
  }
  std::visit(
      Overloaded{
          [&](const protocol::Hello& hello) { on_hello(peer, hello, now, out); },
          [&](const protocol::Heartbeat& beat) { on_heartbeat(peer, beat, now, out); },
          [&](const protocol::RecordMessage& record) { on_record(peer, record, now, out); },
          [&](const protocol::Goodbye& bye) {
            const Lane* lane = lanes_.find(peer);
            if (lane != nullptr && lane->boot == bye.boot && !lane->retired.contains(bye.boot)) {
              lose_lane(peer, fmt::format("agent {} left: {}", peer.str(), bye.reason), now, out);
              lanes_.at(peer).retired.insert(bye.boot);  // or it could come and go without end
            }
          }},
      message);
  hand_out(now, out);
  end_if_over(now, out);
  return out;
}

void Dispatcher::on_hello(const AgentName& peer, const protocol::Hello& hello, Now now,
                          Actions& out) {
  const auto refuse = [&](std::string reason) {
    out.emplace_back(Send{
        peer, protocol::Dismiss{.boot = hello.boot, .reason = std::move(reason), .refused = true}});
  };
  if (hello.agent != peer) {
    refuse("the name in Hello differs from the connection's");
    return;
  }
  if (lanes_.find(peer) == nullptr && lanes_.full()) {
    refuse(fmt::format("more than {} agents", Lanes::kMaxLanes));
    return;
  }
  Lane& lane = lanes_.at(peer);
  if (!lane.turned_away.empty()) {
    refuse(lane.turned_away);
    return;
  }
  if (lane.retired.contains(hello.boot) || lane.retired.size() >= Lanes::kMaxBootsPerAgent) {
    refuse(lane.boot == hello.boot
               ? fmt::format("this process of agent {} has left the campaign", peer.str())
               : fmt::format("another agent named {} has taken over; give each agent a name "
                             "of its own",
                             peer.str()));
    return;
  }
  if (!lane.boot.empty() && lane.boot != hello.boot) {
    if (lane.present || lane.lease) {
      lose_lane(peer, fmt::format("agent {} was restarted", peer.str()), now, out);
    }
    lane.retired.insert(lane.boot);
  }
  const bool came = !lane.present;
  lane.boot = hello.boot;
  lane.present = true;
  lane.missed = false;
  if (came) {
    last_progress_ = now.mono;
    const std::string of_all =
        gathered_ ? std::string()
                  : fmt::format(" ({} of {})", lanes_.present(), plan_.agents.expected);
    out.emplace_back(Notice{.text = fmt::format("agent {} is here{}", peer.str(), of_all)});
  }
  const std::optional<std::string> host = fact_of(hello.environment, kHostIdentityFact);
  // Who comes takes nothing from anybody's reach; who offers something else may have.
  may_hand_out_ = may_hand_out_ || (!came && (lane.tools != hello.tools || lane.host != host));
  lane.greeted = true;
  lane.last_heard = now.mono;
  lane.tools = hello.tools;
  lane.host = host;
  if (came) {
    name_host(peer, out);
  }
  const auto known = next_seq_.find({peer, hello.boot});
  out.emplace_back(
      Send{peer, protocol::Welcome{
                     .campaign = campaign_,
                     .boot = hello.boot,
                     .next_seq = known == next_seq_.end() ? 0 : known->second,
                     .heartbeat_ms = static_cast<std::uint32_t>(plan_.limits.heartbeat.count())}});
  check_running(peer, hello.running, out);
  gather(now, out);
  hand_out_to(peer, now, out);
}

void Dispatcher::on_heartbeat(const AgentName& peer, const protocol::Heartbeat& beat, Now now,
                              Actions& out) {
  Lane* found = lanes_.find(peer);
  if (found == nullptr || found->boot != beat.boot) {
    if (found != nullptr && found->retired.contains(beat.boot)) {
      out.emplace_back(
          Send{peer, protocol::Dismiss{.boot = beat.boot,
                                       .reason = "another agent of this name has taken over",
                                       .refused = true}});
    }
    return;  // it will say Hello when it hears nothing
  }
  Lane& lane = *found;
  if (lane.present) {
    lane.last_heard = now.mono;
    lane.missed = false;
  }
  if (!lane.present || !lane.greeted) {
    return;  // given up, or restored from the journal: no answer makes it say Hello, with its tools
  }
  lane.phase = beat.phase;
  lane.iteration = beat.iteration;
  out.emplace_back(Send{
      peer, protocol::HeartbeatReply{.boot = beat.boot, .sent_at = beat.sent_at, .at = now.wall}});
  check_running(peer, beat.running, out);
  if (beat.ready && lane.lease && trials_[*lane.lease].confirmed && beat.running &&
      beat.running->attempt == trials_[*lane.lease].attempt &&
      beat.running->trial == plan_.trials[*lane.lease].id) {
    on_ready(*lane.lease, beat, now, out);
  }
}

void Dispatcher::check_running(const AgentName& peer, const std::optional<AttemptId>& running,
                               Actions& out) {
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
  out.emplace_back(
      Send{peer, protocol::Cancel{.id = *running,
                                  .reason = interrupted_ ? "the campaign was interrupted"
                                                         : "this attempt was given up"}});
}

void Dispatcher::on_record(const AgentName& peer, const protocol::RecordMessage& message, Now now,
                           Actions& out) {
  if (message.campaign != campaign_) {
    return;
  }
  Lane* lane = lanes_.find(peer);
  if (lane == nullptr) {
    return;  // never said Hello: it will
  }
  if (lane->boot == message.boot && lane->present) {
    lane->last_heard = now.mono;
    lane->missed = false;
  }
  if (!lane->greeted) {
    return;  // as for a heartbeat
  }
  if (!lane->turned_away.empty()) {
    return;  // dismissed; what was under way still comes
  }
  if (!allowance_.knows(peer, message.boot)) {
    turn_away(
        peer, message.boot,
        fmt::format("agent {} sent records of a process that was never given a trial", peer.str()),
        now, out);
    return;
  }
  const auto known = next_seq_.find({peer, message.boot});
  const std::uint64_t expected = known == next_seq_.end() ? 0 : known->second;
  if (message.seq == expected) {
    auto record = protocol::decode_agent_record(message.payload);
    if (!record) {
      turn_away(
          peer, message.boot,
          fmt::format("agent {} sent a broken record: {}", peer.str(), record.error().message), now,
          out);
      return;
    }
    if (const std::string fault =
            why_not_taken(peer, message.boot, attempt_of(*record), message.payload.size());
        !fault.empty()) {
      turn_away(peer, message.boot, fault, now, out);
      return;
    }
    next_seq_[{peer, message.boot}] = expected + 1;
    out.emplace_back(Append{agent_stream_name(peer, message.boot), message.seq, message.payload});
    accept_record(peer, message.boot, *record);
    last_progress_ = now.mono;
  }
  out.emplace_back(
      Send{peer, protocol::Ack{.boot = message.boot, .next_seq = next_seq_[{peer, message.boot}]}});
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
    may_hand_out_ = true;
    Lane& lane = lanes_.at(agent);
    lane.lease.reset();
    lane.phase.reset();
    lane.iteration = 0;
  }
}

}  // namespace ocibench::coordinator
