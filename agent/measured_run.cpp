#include "agent/measured_run.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace ocibench::agent {
namespace {

/// Holds uploads back while it lives.
class QuietWindow {
 public:
  explicit QuietWindow(TrialReporter& reporter) : reporter_(reporter) { reporter_.quiet(); }
  QuietWindow(const QuietWindow&) = delete;
  QuietWindow& operator=(const QuietWindow&) = delete;
  ~QuietWindow() { reporter_.resume(); }

 private:
  TrialReporter& reporter_;
};

/// Passes the window on to the sampler and notes our own traffic within it.
class ControlTrafficObserver final : public WindowObserver {
 public:
  ControlTrafficObserver(WindowObserver& inner, const TrialReporter& reporter)
      : inner_(inner), reporter_(reporter) {}

  void prepare(const ProcessTree& tree) override { inner_.prepare(tree); }
  void opened() override {
    before_ = reporter_.control_traffic();
    inner_.opened();
  }
  void closed() override {
    inner_.closed();
    after_ = reporter_.control_traffic();
  }
  [[nodiscard]] ControlTraffic traffic() const {
    return {.link = after_.link,
            .sent_bytes = after_.sent_bytes - before_.sent_bytes,
            .received_bytes = after_.received_bytes - before_.received_bytes};
  }

 private:
  WindowObserver& inner_;
  const TrialReporter& reporter_;
  ControlTraffic before_;
  ControlTraffic after_;
};

/// Sleeps until then, or until the trial is cancelled.
void sleep_until(MonoTime then, const TrialContext& trial) {
  for (auto left = then - trial.parts.clock.now(); left.count() > 0;
       left = then - trial.parts.clock.now()) {
    pollfd cancelled{.fd = trial.cancellation.fd(), .events = POLLIN, .revents = 0};
    const timespec time = {.tv_sec = left / std::chrono::seconds(1),
                           .tv_nsec = (left % std::chrono::seconds(1)).count()};
    if (::ppoll(&cancelled, 1, &time, nullptr) > 0) {
      return;
    }
  }
}

/// Where runs start together; a mark when this one did not start with all the others.
std::optional<std::string> start_together(TrialContext& trial) {
  const StartSignal start =
      trial.log.reporter().await_start(trial.assignment.trial.overhead_timeout);
  sleep_until(start.at, trial);
  if (start.together == 0) {
    return "started alone: the coordinator gave no sign to start together";
  }
  if (start.together < start.of) {
    return fmt::format("started together with {} of the {} other trials of its round",
                       start.together - 1, start.of - 1);
  }
  return std::nullopt;
}

}  // namespace

NetworkUse without_control_traffic(NetworkUse network, const ControlTraffic& ours) {
  const bool on_loopback = network.interface == "lo";
  if (on_loopback != (ours.link == protocol::Link::loopback)) {
    return network;
  }
  network.control_bytes = ours.sent_bytes + ours.received_bytes;
  const std::uint64_t of_tx = on_loopback ? network.control_bytes : ours.sent_bytes;
  const std::uint64_t of_rx = on_loopback ? network.control_bytes : ours.received_bytes;
  network.tx_bytes -= std::min(network.tx_bytes, of_tx);
  network.rx_bytes -= std::min(network.rx_bytes, of_rx);
  return network;
}

Result<MeasuredRun> measure(TrialContext& trial, std::uint32_t iteration, const Command& command,
                            SamplingPlan plan) {
  TrialReporter& reporter = trial.log.reporter();
  const QuietWindow quiet(reporter);  // still populate: its records drain first
  reporter.status(Phase::measure, iteration);
  const std::unique_ptr<Sampler> sampler = trial.parts.make_sampler(std::move(plan));
  ControlTrafficObserver observer(*sampler, reporter);
  const auto mark =
      trial.assignment.steps.start == Start::together ? start_together(trial) : std::nullopt;
  Result<ProcessReport> report = trial.parts.runner.run(command, observer, trial.cancellation);
  if (!report) {
    return fail(report.error(), "the tool could not be run");
  }
  MeasuredRun run{.report = std::move(*report), .window = sampler->finish()};
  if (run.window.network) {
    run.window.network =
        without_control_traffic(std::move(*run.window.network), observer.traffic());
  }
  if (mark) {
    run.window.marks.push_back(*mark);
  }
  return run;
}

}  // namespace ocibench::agent
