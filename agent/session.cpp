#include "agent/session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/overloaded.hpp"
#include "protocol/codec.hpp"

namespace ocibench::agent {
namespace {

/// Not for another process of this name. What has no addressee says by itself what it is about.
bool is_for(const BootId& boot, const protocol::CoordinatorMessage& message) {
  return std::visit(Overloaded{[](const protocol::Ack&) { return true; },
                               [](const protocol::Begin&) { return true; },
                               [](const protocol::Cancel&) { return true; },
                               [&](const auto& addressed) { return addressed.boot == boot; }},
                    message);
}

}  // namespace

std::string Session::stream_name(const CampaignId& campaign, const BootId& boot) {
  return fmt::format("{}/{}", campaign.str(), boot.str());
}

Session::Session(SessionConfig config, std::vector<SpooledStream> spooled)
    : config_(std::move(config)) {
  for (SpooledStream& stream : spooled) {
    streams_.push_back({.campaign = std::move(stream.campaign),
                        .boot = std::move(stream.boot),
                        .acked = stream.first,
                        .sent = stream.first,
                        .next = stream.next});
  }
}

Actions Session::start(MonoTime now) {
  Actions out;
  last_answered_ = idle_since_ = last_reconnect_ = now;
  say_hello(now, out);
  return out;
}

void Session::say_hello(MonoTime now, Actions& out) {
  last_hello_ = now;
  std::uint64_t next = 0;
  for (const Stream& stream : streams_) {
    if (stream.boot == config_.boot && stream.campaign == campaign_) {
      next = stream.next;
    }
  }
  out.emplace_back(Send{protocol::Hello{.agent = config_.name,
                                        .boot = config_.boot,
                                        .campaign = campaign_,
                                        .next_seq = next,
                                        .running = running_,
                                        .tools = config_.tools,
                                        .environment = config_.environment}});
}

// ---------------------------------------------------------------- messages

Actions Session::on_message(const protocol::CoordinatorMessage& message, MonoTime now) {
  Actions out;
  if (exited_ || !is_for(config_.boot, message)) {
    return out;
  }
  // What comes unasked may come over a link on which nothing of ours arrives any more.
  if (!std::holds_alternative<protocol::Assign>(message) &&
      !std::holds_alternative<protocol::Cancel>(message)) {
    last_answered_ = now;
  }
  std::visit(Overloaded{[&](const protocol::Welcome& welcome) { on_welcome(welcome, now, out); },
                        [&](const protocol::Assign& assign) { on_assign(assign, now, out); },
                        [&](const protocol::Ack& ack) {
                          on_ack(ack.boot, ack.next_seq, now, out);
                          pump(now, out);
                        },
                        [&](const protocol::HeartbeatReply& reply) {
                          out.emplace_back(CompareClocks{reply.sent_at, reply.at});
                        },
                        [&](const protocol::Begin& begin) {
                          if (ready_ && running_ == begin.id && iteration_ == begin.iteration) {
                            ready_ = false;
                            out.emplace_back(BeginRun{begin.at, begin.together, begin.of});
                          }
                        },
                        [&](const protocol::Cancel& cancel) {
                          if (running_ == cancel.id) {
                            out.emplace_back(CancelTrial{cancel.reason});
                          }
                        },
                        [&](const protocol::Dismiss& dismiss) {
                          exit(dismiss.refused, dismiss.reason, out);
                        }},
             message);
  return out;
}

void Session::on_welcome(const protocol::Welcome& welcome, MonoTime now, Actions& out) {
  if (cut_.contains(welcome.campaign)) {
    // Its next record would have a number that leaves a gap.
    exit(true,
         fmt::format("records of campaign {} had to be dropped from the spool; start this agent "
                     "again to take part in it",
                     welcome.campaign.str()),
         out);
    return;
  }
  if (campaign_ != welcome.campaign) {
    // Another campaign than before: its predecessor's records stay in the spool for a coordinator
    // that resumes it, up to a limit; a trial of it is of no use to this one.
    if (running_) {
      out.emplace_back(CancelTrial{"the coordinator runs another campaign now"});
    }
    taken_.clear();
    campaign_ = welcome.campaign;
    std::vector<CampaignId> kept{campaign_};
    if (running_) {
      kept.push_back(running_campaign_);
    }
    out.emplace_back(LimitSpool{std::move(kept)});
  }
  welcomed_ = true;
  heartbeat_ = std::chrono::milliseconds(std::max<std::uint32_t>(welcome.heartbeat_ms, 10));
  last_beat_ = now;
  resend_after_ = kResendAfter;
  reconnect_after_ = kReconnectAfter;
  on_ack(welcome.boot, welcome.next_seq, now, out);
  for (Stream& stream : streams_) {
    stream.sent = stream.acked;  // what was under way at the reconnect may be lost
  }
  pump(now, out);
}

void Session::on_assign(const protocol::Assign& assign, MonoTime now, Actions& out) {
  const Assignment& assignment = assign.assignment;
  const AttemptId id{assignment.trial.id, assignment.attempt};
  if (!welcomed_ || assignment.campaign != campaign_ || running_ || !taken_.insert(id).second) {
    return;  // a repetition, or not for us: the coordinator sees from our heartbeats what we do
  }
  running_ = id;
  running_campaign_ = assignment.campaign;
  own_stream(campaign_);
  out.emplace_back(StartTrial{assignment});
  out.emplace_back(
      Send{protocol::Heartbeat{.boot = config_.boot, .running = running_, .sent_at = now}});
}

void Session::on_ack(const BootId& boot, std::uint64_t next_seq, MonoTime now, Actions& out) {
  for (Stream& stream : streams_) {
    if (stream.campaign != campaign_ || stream.boot != boot) {
      continue;
    }
    if (next_seq > stream.acked && next_seq <= stream.next) {
      stream.acked = next_seq;
      stream.sent = std::max(stream.sent, next_seq);
      last_progress_ = now;
      resend_after_ = kResendAfter;
      out.emplace_back(Forget{stream_name(stream.campaign, stream.boot), next_seq});
    }
  }
}

// ---------------------------------------------------------------- records

Session::Stream& Session::own_stream(const CampaignId& campaign) {
  for (Stream& stream : streams_) {
    if (stream.campaign == campaign && stream.boot == config_.boot) {
      return stream;
    }
  }
  streams_.push_back({.campaign = campaign, .boot = config_.boot});
  return streams_.back();
}

Actions Session::on_record(const AgentRecord& record, MonoTime now) {
  OCIBENCH_ASSERT(running_.has_value());
  Actions out;
  Stream& stream = own_stream(running_campaign_);
  out.emplace_back(Spool{stream_name(stream.campaign, stream.boot), stream.next,
                         protocol::encode_record(record)});
  ++stream.next;
  if (std::holds_alternative<TrialFinished>(record)) {
    running_.reset();
    quiet_ = false;
    phase_.reset();
    iteration_ = 0;
    idle_since_ = now;
  }
  pump(now, out);
  return out;
}

void Session::on_dropped(const CampaignId& campaign, const BootId& boot) {
  std::erase_if(streams_, [&](const Stream& stream) {
    return stream.campaign == campaign && stream.boot == boot;
  });
  if (boot == config_.boot) {
    cut_.insert(campaign);
  }
}

void Session::on_status(Phase phase, std::uint32_t iteration) {
  phase_ = phase;
  iteration_ = iteration;
}

Actions Session::release_uploads(MonoTime now) {
  Actions out;
  quiet_ = false;
  pump(now, out);
  return out;
}

/// The oldest stream of this campaign with something unacknowledged; streams go one after another.
Session::Stream* Session::current_stream() {
  for (Stream& stream : streams_) {
    if (stream.campaign == campaign_ && stream.acked < stream.next) {
      return &stream;
    }
  }
  return nullptr;
}

void Session::pump(MonoTime now, Actions& out) {
  Stream* stream = welcomed_ && !quiet_ && !exited_ ? current_stream() : nullptr;
  if (stream == nullptr) {
    return;
  }
  if (stream->sent == stream->acked) {
    last_progress_ = now;  // the silence that leads to a resend is counted from here
  }
  const std::uint64_t end = std::min(stream->next, stream->acked + kWindowRecords);
  for (; stream->sent < end; ++stream->sent) {
    out.emplace_back(SendRecord{stream_name(stream->campaign, stream->boot), stream->campaign,
                                stream->boot, stream->sent});
  }
}

bool Session::drained() const {
  return std::ranges::none_of(streams_, [&](const Stream& stream) {
    return stream.campaign == campaign_ && stream.acked < stream.next;
  });
}

// ---------------------------------------------------------------- time

Actions Session::on_tick(MonoTime now) {
  Actions out;
  if (exited_) {
    return out;
  }
  if (welcomed_ && now - last_answered_ > kSilentHeartbeats * heartbeat_) {
    welcomed_ = false;  // away or restarted: introduce ourselves again
  }
  if (!welcomed_) {
    seek_coordinator(now, out);
    return out;
  }
  if (now - last_beat_ >= heartbeat_) {
    beat(now, out);
  }
  if (Stream* stream = quiet_ ? nullptr : current_stream();
      stream != nullptr && now - last_progress_ >= resend_after_) {
    resend_after_ = std::min(2 * resend_after_, kResendMax);
    last_progress_ = now;
    stream->sent = stream->acked;  // go back N
    pump(now, out);
  }
  return out;
}

void Session::beat(MonoTime now, Actions& out) {
  last_beat_ = now;
  out.emplace_back(Send{protocol::Heartbeat{.boot = config_.boot,
                                            .running = running_,
                                            .phase = phase_,
                                            .iteration = iteration_,
                                            .sent_at = now,
                                            .ready = ready_}});
}

Actions Session::on_ready(MonoTime now) {
  ready_ = true;
  Actions out;
  beat(now, out);
  return out;
}

void Session::seek_coordinator(MonoTime now, Actions& out) {
  if (config_.orphan_after.count() > 0 && !running_ &&
      now - std::max(last_answered_, idle_since_) >= config_.orphan_after) {
    exit(true, fmt::format("no coordinator for {} s", config_.orphan_after.count() / 1000), out);
    return;
  }
  if (now - std::max(last_answered_, last_reconnect_) >= reconnect_after_) {
    // Its key may have been refused, which libzmq takes for final, or the link is dead one way.
    last_reconnect_ = now;
    reconnect_after_ = std::min(2 * reconnect_after_, kReconnectMax);
    out.emplace_back(Reconnect{});
  }
  if (now - last_hello_ >= kHelloInterval) {
    say_hello(now, out);
  }
}

Actions Session::on_stop(const std::string& reason) {
  Actions out;
  if (!exited_) {
    out.emplace_back(Send{protocol::Goodbye{.boot = config_.boot, .reason = reason}});
    exit(false, reason, out);
  }
  return out;
}

void Session::exit(bool refused, std::string reason, Actions& out) {
  exited_ = true;
  if (running_) {
    out.emplace_back(CancelTrial{reason});
  }
  out.emplace_back(Exit{.refused = refused, .reason = std::move(reason)});
}

}  // namespace ocibench::agent
