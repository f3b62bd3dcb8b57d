#include "agent/trial_mailbox.hpp"

#include <utility>

namespace ocibench::agent {

void TrialMailbox::post(Request request) {
  // A trial waits for every answer but a status's, and reports far fewer than kCapacity of those
  // between two answers.
  const bool pushed = requests_.push(std::move(request));
  OCIBENCH_ASSERT(pushed);
}

Result<void> TrialMailbox::record(const AgentRecord& record) {
  Record request{.record = &record, .stored = {}};
  std::future<Result<void>> stored = request.stored.get_future();
  post(std::move(request));
  return stored.get();
}

void TrialMailbox::status(Phase phase, std::uint32_t iteration) {
  post(Status{.phase = phase, .iteration = iteration});
}

void TrialMailbox::quiet() {
  Quiet request;
  std::future<void> granted = request.granted.get_future();
  post(std::move(request));
  granted.get();
}

void TrialMailbox::resume() {
  Resume request;
  std::future<void> done = request.done.get_future();
  post(std::move(request));
  done.get();
}

StartSignal TrialMailbox::await_start(std::chrono::milliseconds patience) {
  Ready request{.patience = patience, .begun = {}};
  std::future<StartSignal> begun = request.begun.get_future();
  post(std::move(request));
  return begun.get();
}

ControlTraffic TrialMailbox::control_traffic() const {
  return {.link = link_, .sent_bytes = sent_bytes_, .received_bytes = received_bytes_};
}

void TrialMailbox::count_sent(std::size_t frame_bytes) {
  sent_bytes_ += protocol::wire_bytes(frame_bytes, link_);
}

void TrialMailbox::count_received(std::size_t frame_bytes) {
  received_bytes_ += protocol::wire_bytes(frame_bytes, link_);
  sent_bytes_ += protocol::acknowledgement_bytes(link_);
}

void TrialMailbox::end(Result<void> result) { post(Ended{std::move(result)}); }

}  // namespace ocibench::agent
