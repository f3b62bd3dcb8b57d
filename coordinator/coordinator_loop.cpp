#include "coordinator/coordinator_loop.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/log.hpp"
#include "common/overloaded.hpp"
#include "protocol/codec.hpp"

namespace ocibench::coordinator {
CoordinatorLoop::CoordinatorLoop(Dispatcher& dispatcher, CoordinatorParts parts)
    : dispatcher_(dispatcher), parts_(std::move(parts)) {}

Result<Finish> CoordinatorLoop::run(const CampaignStarted& started) {
  Result<void> ok = execute(dispatcher_.start(started, now()));
  while (ok && !finish_) {
    ok = step();
  }
  if (!ok) {
    return tl::unexpected(ok.error());
  }
  // Late Hellos are answered with a dismissal for a moment, so that no agent waits in vain.
  const MonoTime end = parts_.clock.now() + kFarewell;
  while (ok && parts_.clock.now() < end) {
    ok = step();
  }
  return *finish_;
}

void CoordinatorLoop::let_records_gather() const {
  const auto since = parts_.clock.now() - last_commit_;
  if (since < kGather) {
    pollfd interrupt{.fd = parts_.interrupt_fd, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(kGather - since);
    ::poll(&interrupt, 1, static_cast<int>(left.count()));
  }
}

Result<void> CoordinatorLoop::step() {
  let_records_gather();
  std::vector<int> also{parts_.interrupt_fd};
  if (parts_.local_agent) {
    also.push_back(parts_.local_agent->pidfd);
  }
  auto incoming = parts_.transport.receive(kTick, also);
  if (!incoming) {
    return tl::unexpected(incoming.error());
  }
  Actions actions;
  for (const protocol::Incoming& frame : *incoming) {
    auto message = protocol::decode_agent_message(frame.frame);
    if (!message) {
      if (const auto line = dropped_.line(frame.peer.str(),
                                          fmt::format("dropped a frame of {}: {}", frame.peer.str(),
                                                      message.error().message))) {
        log_warning(*line);
      }
      continue;
    }
    std::ranges::move(dispatcher_.on_message(frame.peer, *message, now()),
                      std::back_inserter(actions));
  }
  if (auto ok = execute(actions); !ok) {
    return ok;
  }
  if (auto ok = take_interrupts(); !ok) {
    return ok;
  }
  if (auto ok = watch_local_agent(); !ok) {
    return ok;
  }
  if (auto ok = watch_keys(); !ok) {
    return ok;
  }
  Result<void> ok = execute(dispatcher_.on_tick(now()));
  if (!finish_ && parts_.progress.shows()) {
    parts_.progress.update(dispatcher_.view(), parts_.clock.now());
  }
  return ok;
}

Result<void> CoordinatorLoop::take_interrupts() {
  while (readable(parts_.interrupt_fd)) {
    signalfd_siginfo info{};
    if (::read(parts_.interrupt_fd, &info, sizeof info) != sizeof info) {
      return {};
    }
    parts_.progress.notice({.text = "stopping: what was finished is kept (once more: stop now)"});
    if (auto ok = execute(dispatcher_.on_interrupt(now())); !ok) {
      return ok;
    }
  }
  return {};
}

Result<void> CoordinatorLoop::watch_local_agent() {
  if (!parts_.local_agent || !readable(parts_.local_agent->pidfd)) {
    return {};
  }
  const AgentName name = parts_.local_agent->name;
  parts_.local_agent.reset();
  return execute(dispatcher_.on_agent_exit(
      name, fmt::format("the process of agent {} ended", name.str()), now()));
}

Result<void> CoordinatorLoop::watch_keys() {
  if (!parts_.keys) {
    return {};
  }
  auto& [keys, server] = *parts_.keys;
  const auto change = keys.look_again(now().mono);
  if (!change) {
    return {};
  }
  for (const std::string& problem : change->problems) {
    log_warning(problem);
  }
  if (!change->of_allowed) {
    return {};
  }
  server.set_allowed(keys.allowed());
  log_info(fmt::format("{} agents may come now", keys.allowed().names().size()));
  for (const AgentName& agent : change->revoked) {
    const std::string cause = fmt::format("the key of agent {} was revoked", agent.str());
    if (auto ok = execute(dispatcher_.on_agent_exit(agent, cause, now())); !ok) {
      return ok;
    }
  }
  return {};
}

// ---------------------------------------------------------------- the dispatcher's actions

Result<void> CoordinatorLoop::execute(const Actions& actions) {
  // All appends first, with one fsync: then every acknowledgement in the batch may leave.
  if (auto stored = store(actions); !stored) {
    return fail(stored.error(), "writing the journal");
  }
  for (const Action& action : actions) {
    std::visit(Overloaded{[](const Append&) {}, [](const Note&) {},
                          [&](const Send& send) { deliver(send); },
                          [&](const Notice& notice) { parts_.progress.notice(notice); },
                          [&](const Finish& finish) { finish_ = finish; }},
               action);
  }
  return {};
}

Result<void> CoordinatorLoop::store(const Actions& actions) {
  if (std::ranges::none_of(actions, [](const Action& action) {
        return std::holds_alternative<Append>(action) || std::holds_alternative<Note>(action);
      })) {
    return {};
  }
  if (auto begun = parts_.journal.begin_batch(); !begun) {
    return begun;
  }
  for (const Action& action : actions) {
    if (auto stored = store(action); !stored) {
      return stored;
    }
  }
  auto committed = parts_.journal.commit_batch();
  last_commit_ = parts_.clock.now();
  return committed;
}

Result<void> CoordinatorLoop::store(const Action& action) {
  if (const auto* note = std::get_if<Note>(&action)) {
    return parts_.journal.set_note(note->key, note->text);
  }
  if (const auto* append = std::get_if<Append>(&action)) {
    auto stored = parts_.journal.append(append->stream, append->seq, append->payload);
    if (!stored) {
      return tl::unexpected(stored.error());
    }
    OCIBENCH_ASSERT(*stored == durable::Appended::stored);
  }
  return {};
}

void CoordinatorLoop::deliver(const Send& send) {
  // A frame that cannot go now is like a lost one: the cores repeat themselves.
  if (auto sent = parts_.transport.send(send.to, protocol::encode(send.message)); !sent) {
    log_debug(fmt::format("not sent to {}: {}", send.to.str(), sent.error().message));
  }
}

}  // namespace ocibench::coordinator
