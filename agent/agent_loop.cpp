#include "agent/agent_loop.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/spool_limit.hpp"
#include "common/fd.hpp"
#include "common/log.hpp"
#include "common/overloaded.hpp"
#include "common/units.hpp"
#include "protocol/codec.hpp"

namespace ocibench::agent {
namespace {

/// Inverse of Session::stream_name.
Result<SpooledStream> spooled_stream(const durable::StreamExtent& extent) {
  const std::size_t slash = extent.stream.find('/');
  if (slash == std::string::npos) {
    return fail(ErrorCode::bad_input, fmt::format("a stream of the spool has the unknown name {}; "
                                                  "give this agent another state directory",
                                                  extent.stream));
  }
  return SpooledStream{.campaign = CampaignId(extent.stream.substr(0, slash)),
                       .boot = BootId(extent.stream.substr(slash + 1)),
                       .first = extent.first,
                       .next = extent.next,
                       .bytes = extent.bytes};
}

/// Records of another format cannot be sent: a coordinator takes only what it would write itself.
/// A stream has the format of its first record, because one process wrote all of it.
Result<void> check_format(const durable::RecordLog& spool, const SpooledStream& stream) {
  const std::string name = Session::stream_name(stream.campaign, stream.boot);
  const auto first = spool.read(name, stream.first, 1, protocol::kMaxFrameBytes);
  if (!first) {
    return tl::unexpected(first.error());
  }
  if (first->empty()) {
    return {};
  }
  const auto format = protocol::record_format(first->front().payload);
  if (!format) {
    return fail(format.error(), fmt::format("stream {}", name));
  }
  if (*format == protocol::kRecordFormat) {
    return {};
  }
  return fail(ErrorCode::conflict,
              fmt::format("{} records of campaign {} are not delivered yet, and they are of record "
                          "format {}, where this ocibench-agent writes format {}. They stay as "
                          "they are: let the ocibench-agent that wrote them deliver them, or give "
                          "this one another --state-dir",
                          stream.next - stream.first, stream.campaign.str(), *format,
                          protocol::kRecordFormat));
}

Result<std::vector<SpooledStream>> spooled_streams(const durable::RecordLog& spool) {
  auto extents = spool.streams();
  if (!extents) {
    return fail(extents.error(), "reading the spool");
  }
  std::vector<SpooledStream> spooled;
  for (const durable::StreamExtent& extent : *extents) {
    auto stream = spooled_stream(extent);
    if (!stream) {
      return fail(stream.error(), "reading the spool");
    }
    if (auto fits = check_format(spool, *stream); !fits) {
      return fail(fits.error(), "reading the spool");
    }
    spooled.push_back(std::move(*stream));
  }
  return spooled;
}

}  // namespace

Result<std::unique_ptr<AgentLoop>> AgentLoop::create(SessionConfig config, AgentParts parts) {
  auto spooled = spooled_streams(parts.spool);
  if (!spooled) {
    return tl::unexpected(spooled.error());
  }
  return std::unique_ptr<AgentLoop>(
      new AgentLoop(std::move(config), std::move(*spooled), std::move(parts)));
}

AgentLoop::AgentLoop(SessionConfig config, std::vector<SpooledStream> spooled, AgentParts parts)
    : parts_(std::move(parts)),
      boot_(config.boot),
      session_(std::move(config), std::move(spooled)),
      mailbox_(parts_.link) {}

AgentLoop::~AgentLoop() {
  if (trial_.joinable()) {
    trial_.detach();  // only when stuck: main leaves without running destructors
  }
}

AgentEnd AgentLoop::run() {
  Result<void> ok = execute(session_.start(parts_.clock.now()));
  while (ok && !over()) {
    ok = step();
  }
  if (!ok) {
    fall(ok.error());
  }
  if (trial_running_) {
    end_->trial_stuck = true;
  } else if (trial_.joinable()) {
    trial_.join();
  }
  return *end_;
}

/// Without a spool nothing that is measured can be kept: says so, stops the trial, reaps it.
void AgentLoop::fall(const Error& failure) {
  if (!end_) {
    end_ = AgentEnd{};
    stop_deadline_ = parts_.clock.now() + kStopGrace;
  }
  (void)execute(session_.on_stop(failure.message));  // sends and cancels; nothing to spool
  end_->failure = failure;
  while (!over()) {
    (void)parts_.transport.receive(kTick, {mailbox_.fd()});
    (void)take_requests();  // records are refused with the failure
    grant_quiet();
    give_start_up();
  }
}

bool AgentLoop::over() const {
  return end_ && (!trial_running_ || parts_.clock.now() >= stop_deadline_);
}

Result<void> AgentLoop::step() {
  auto incoming = parts_.transport.receive(kTick, {mailbox_.fd(), end_ ? -1 : parts_.stop_fd});
  if (!incoming) {
    return tl::unexpected(incoming.error());
  }
  for (const protocol::Incoming& frame : *incoming) {
    mailbox_.count_received(frame.frame.size());
    auto message = protocol::decode_coordinator_message(frame.frame);
    if (!message) {
      if (const auto line = dropped_.line(
              "coordinator", fmt::format("dropped a frame: {}", message.error().message))) {
        log_warning(*line);
      }
      continue;
    }
    if (auto ok = execute(session_.on_message(*message, parts_.clock.now())); !ok) {
      return ok;
    }
  }
  if (auto ok = take_requests(); !ok) {
    return ok;
  }
  if (!end_ && readable(parts_.stop_fd)) {
    if (auto ok = execute(session_.on_stop(parts_.why_stopped())); !ok) {
      return ok;
    }
  }
  grant_quiet();
  give_start_up();
  return execute(session_.on_tick(parts_.clock.now()));
}

// ---------------------------------------------------------------- the trial's requests

Result<void> AgentLoop::take_requests() {
  while (auto request = mailbox_.next()) {
    if (auto ok = take_request(std::move(*request)); !ok) {
      return ok;
    }
  }
  return {};
}

Result<void> AgentLoop::take_request(TrialMailbox::Request request) {
  return std::visit(Overloaded{[&](TrialMailbox::Record& record) {
                                 Result<void> ok = take_record(*record.record);
                                 record.stored.set_value(ok);
                                 return ok;
                               },
                               [&](TrialMailbox::Status& status) -> Result<void> {
                                 session_.on_status(status.phase, status.iteration);
                                 return {};
                               },
                               [&](TrialMailbox::Quiet& quiet) -> Result<void> {
                                 waiting_for_quiet_ = std::move(quiet);
                                 quiet_deadline_ = parts_.clock.now() + kDrainWait;
                                 return {};
                               },
                               [&](TrialMailbox::Resume& resume) {
                                 Result<void> ok =
                                     execute(session_.release_uploads(parts_.clock.now()));
                                 resume.done.set_value();
                                 return ok;
                               },
                               [&](TrialMailbox::Ready& ready) -> Result<void> {
                                 take_ready(std::move(ready));
                                 return {};
                               },
                               [&](TrialMailbox::Ended& ended) -> Result<void> {
                                 trial_running_ = false;
                                 if (!ended.result) {
                                   log_error(fmt::format("the trial could not be recorded: {}",
                                                         ended.result.error().message));
                                 }
                                 return {};
                               }},
                    request);
}

/// A trial begins with what is known of this host's clock.
Result<void> AgentLoop::take_record(const AgentRecord& record) {
  if (end_ && end_->failure) {
    return tl::unexpected(*end_->failure);
  }
  const auto* started = std::get_if<TrialStarted>(&record);
  const auto offset = clocks_.best(parts_.clock.now(), parts_.clock.wall());
  if (started == nullptr || !offset) {
    return execute(session_.on_record(record, parts_.clock.now()));
  }
  TrialStarted with_clock = *started;
  with_clock.environment.facts["clock.offset_to_coordinator_ms"] =
      fmt::format("{}", offset->offset.count());
  with_clock.environment.facts["clock.offset_error_ms"] = fmt::format("{}", offset->error.count());
  return execute(session_.on_record(std::move(with_clock), parts_.clock.now()));
}

void AgentLoop::grant_quiet() {
  if (!waiting_for_quiet_) {
    return;
  }
  const bool drained = session_.welcomed() && session_.drained();
  if (drained || end_ || parts_.clock.now() >= quiet_deadline_) {
    session_.hold_uploads();
    waiting_for_quiet_->granted.set_value();
    waiting_for_quiet_.reset();
  }
}

void AgentLoop::take_ready(TrialMailbox::Ready ready) {
  begin_deadline_ = parts_.clock.now() + ready.patience;
  waiting_to_begin_ = std::move(ready);
  (void)execute(session_.on_ready(parts_.clock.now()));  // a heartbeat
}

/// By the coordinator's clock as it lies on the own monotonic one; at once where that has passed,
/// and before any answer of the coordinator has come.
void AgentLoop::begin_run(const BeginRun& begin) {
  if (!waiting_to_begin_) {
    return;
  }
  const MonoTime now = parts_.clock.now();
  const MonoTime at =
      std::clamp(clocks_.own_time_of(begin.at).value_or(now), now, now + kFarthestStart);
  waiting_to_begin_->begun.set_value({.at = at, .together = begin.together, .of = begin.of});
  waiting_to_begin_.reset();
}

/// A trial that is to stop, or has waited long enough, is not kept waiting.
void AgentLoop::give_start_up() {
  if (!waiting_to_begin_ ||
      !(end_ || cancellation_->requested() || parts_.clock.now() >= begin_deadline_)) {
    return;
  }
  session_.on_begun();
  waiting_to_begin_->begun.set_value({.at = parts_.clock.now(), .together = 0});
  waiting_to_begin_.reset();
}

// ---------------------------------------------------------------- the session's actions

Result<void> AgentLoop::execute(const Actions& actions) {
  for (const Action& action : actions) {
    if (auto ok = execute_one(action); !ok) {
      return ok;
    }
  }
  return {};
}

Result<void> AgentLoop::execute_one(const Action& action) {
  return std::visit(
      Overloaded{
          [&](const Spool& spool) -> Result<void> {
            auto stored = parts_.spool.append(spool.stream, spool.seq, spool.payload);
            if (!stored) {
              return fail(stored.error(), "writing the spool");
            }
            OCIBENCH_ASSERT(*stored == durable::Appended::stored);
            return {};
          },
          [&](const Forget& forget) { return parts_.spool.forget(forget.stream, forget.below); },
          [&](const Send& message) -> Result<void> {
            send(message.message);
            return {};
          },
          [&](const SendRecord& record) { return send_record(record); },
          [&](const StartTrial& start) { return start_trial(start.assignment); },
          [&](const CancelTrial& cancel) -> Result<void> {
            log_info(fmt::format("stopping the trial: {}", cancel.reason));
            if (cancellation_) {
              cancellation_->request();
            }
            return {};
          },
          [&](const BeginRun& begin) -> Result<void> {
            begin_run(begin);
            return {};
          },
          [&](const LimitSpool& limit) { return limit_spool(limit); },
          [&](const CompareClocks& clocks) -> Result<void> {
            clocks_.add(
                {.asked = clocks.asked, .answered = parts_.clock.now(), .theirs = clocks.theirs});
            return {};
          },
          [&](const Reconnect&) { return parts_.transport.reconnect(); },
          [&](const Exit& exit) -> Result<void> {
            end_ = AgentEnd{.refused = exit.refused, .reason = exit.reason};
            stop_deadline_ = parts_.clock.now() + kStopGrace;
            return {};
          }},
      action);
}

Result<void> AgentLoop::limit_spool(const LimitSpool& limit) {
  auto spooled = spooled_streams(parts_.spool);
  if (!spooled) {
    return tl::unexpected(spooled.error());
  }
  for (const SpooledStream& stream : streams_to_drop(*spooled, limit.kept, boot_)) {
    auto dropped = parts_.spool.drop(Session::stream_name(stream.campaign, stream.boot));
    if (!dropped) {
      return fail(dropped.error(), "limiting the spool");
    }
    session_.on_dropped(stream.campaign, stream.boot);
    if (stream.first < stream.next) {
      log_warning(fmt::format(
          "dropped {} records ({}) of campaign {}, whose coordinator never came back for them: the "
          "spool keeps {} of other campaigns",
          stream.next - stream.first, format_bytes(stream.bytes), stream.campaign.str(),
          format_bytes(kMaxOtherCampaignsBytes)));
    }
  }
  return {};
}

Result<void> AgentLoop::send_record(const SendRecord& action) {
  auto records = parts_.spool.read(action.stream, action.seq, 1, protocol::kMaxFrameBytes);
  if (!records) {
    return fail(records.error(), "reading the spool");
  }
  OCIBENCH_ASSERT(records->size() == 1 && records->front().seq == action.seq);
  send(protocol::RecordMessage{.campaign = action.campaign,
                               .boot = action.boot,
                               .seq = action.seq,
                               .payload = std::move(records->front().payload)});
  return {};
}

void AgentLoop::send(const protocol::AgentMessage& message) {
  const std::string frame = protocol::encode(message);
  if (auto sent = parts_.transport.send(AgentName(), frame); !sent) {
    log_debug(fmt::format("not sent: {}", sent.error().message));  // the session sends it again
    return;
  }
  mailbox_.count_sent(frame.size());
}

Result<void> AgentLoop::start_trial(const Assignment& assignment) {
  if (trial_.joinable()) {
    trial_.join();  // after TrialFinished it asks nothing more, so this is short
    if (auto ok = take_requests(); !ok) {
      return ok;
    }
  }
  OCIBENCH_ASSERT(!trial_running_);
  log_info(fmt::format("trial {} attempt {}", assignment.trial.id.str(), assignment.attempt));
  cancellation_ = std::make_unique<Cancellation>();
  trial_running_ = true;
  trial_ = std::thread([this, assignment] {
    mailbox_.end(parts_.trials.run(assignment, mailbox_, *cancellation_));
  });
  return {};
}

}  // namespace ocibench::agent
