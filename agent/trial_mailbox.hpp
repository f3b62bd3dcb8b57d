#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <variant>

#include "agent/trial_runner.hpp"
#include "common/channel.hpp"

namespace ocibench::agent {

/// Carries what a trial's thread reports over to the agent's loop. The trial waits for the answer
/// to a record (it is committed then), to quiet() (uploads are drained, or given up waiting for)
/// and to await_start(). The TrialReporter side belongs to the trial's thread, the rest to the
/// loop's.
class TrialMailbox final : public TrialReporter {
 public:
  struct Record {
    const AgentRecord* record = nullptr;  // the trial waits, so it stays alive
    std::promise<Result<void>> stored;
  };
  struct Status {
    Phase phase = Phase::setup;
    std::uint32_t iteration = 0;
  };
  struct Quiet {
    std::promise<void> granted;
  };
  struct Resume {
    std::promise<void> done;
  };
  struct Ready {
    std::chrono::milliseconds patience{0};
    std::promise<StartSignal> begun;
  };
  /// The trial's thread is about to end.
  struct Ended {
    Result<void> result;
  };
  using Request = std::variant<Record, Status, Quiet, Resume, Ready, Ended>;

  /// `link` carries what is counted.
  explicit TrialMailbox(protocol::Link link) : link_(link) {}

  Result<void> record(const AgentRecord& record) override;
  void status(Phase phase, std::uint32_t iteration) override;
  void quiet() override;
  void resume() override;
  StartSignal await_start(std::chrono::milliseconds patience) override;
  [[nodiscard]] ControlTraffic control_traffic() const override;
  void end(Result<void> result);

  [[nodiscard]] int fd() const { return requests_.fd(); }
  [[nodiscard]] std::optional<Request> next() { return requests_.try_pop(); }
  /// A frame of that many bytes went to the coordinator, or came from it.
  void count_sent(std::size_t frame_bytes);
  void count_received(std::size_t frame_bytes);

 private:
  static constexpr std::size_t kCapacity = 64;

  void post(Request request);

  protocol::Link link_;
  Channel<Request> requests_{kCapacity};
  std::atomic<std::uint64_t> sent_bytes_{0};
  std::atomic<std::uint64_t> received_bytes_{0};
};

}  // namespace ocibench::agent
