#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/clock_offset.hpp"
#include "agent/session.hpp"
#include "agent/trial_mailbox.hpp"
#include "agent/trial_runner.hpp"
#include "common/durable/record_log.hpp"
#include "protocol/log_throttle.hpp"
#include "protocol/transport.hpp"

namespace ocibench::agent {

/// What the loop works with; everything outlives it.
struct AgentParts {
  const Clock& clock;
  protocol::Transport& transport;
  protocol::Link link = protocol::Link::ethernet;  ///< what carries `transport`
  durable::RecordLog& spool;
  TrialRunner& trials;
  int stop_fd = -1;                          ///< readable when the process shall stop (a signalfd)
  std::function<std::string()> why_stopped;  ///< for the coordinator, asked then
};

/// How the loop ended.
struct AgentEnd {
  bool refused = false;
  bool trial_stuck = false;      ///< the trial did not stop in time: the process must not be joined
  std::optional<Error> failure;  ///< of the spool or the transport: nothing more can be recorded
  std::string reason;
};

/// The agent's shell: one thread that answers the coordinator whatever a trial does, and one for
/// the trial. Does what Session says.
class AgentLoop {
 public:
  /// Errors: io (the spool); conflict when it holds records of another format.
  static Result<std::unique_ptr<AgentLoop>> create(SessionConfig config, AgentParts parts);
  AgentLoop(const AgentLoop&) = delete;
  AgentLoop& operator=(const AgentLoop&) = delete;
  ~AgentLoop();

  /// Until dismissed, stopped, orphaned or unable to go on. The coordinator is told why.
  AgentEnd run();

  static constexpr std::chrono::milliseconds kTick{100};
  /// quiet() is granted after this long even if the coordinator has not acknowledged everything.
  static constexpr std::chrono::seconds kDrainWait{5};
  /// From being told to leave until the trial's thread is given up.
  static constexpr std::chrono::seconds kStopGrace{20};
  /// A start further ahead than this is a clock gone wrong.
  static constexpr std::chrono::seconds kFarthestStart{10};

 private:
  AgentLoop(SessionConfig config, std::vector<SpooledStream> spooled, AgentParts parts);

  Result<void> step();
  void fall(const Error& failure);
  Result<void> take_requests();
  Result<void> take_request(TrialMailbox::Request request);
  Result<void> take_record(const AgentRecord& record);
  void grant_quiet();
  void take_ready(TrialMailbox::Ready ready);
  void begin_run(const BeginRun& begin);
  void give_start_up();
  Result<void> execute(const Actions& actions);
  Result<void> execute_one(const Action& action);
  Result<void> limit_spool(const LimitSpool& limit);
  Result<void> send_record(const SendRecord& action);
  void send(const protocol::AgentMessage& message);
  Result<void> start_trial(const Assignment& assignment);
  [[nodiscard]] bool over() const;

  AgentParts parts_;
  BootId boot_;
  Session session_;
  TrialMailbox mailbox_;
  protocol::LogThrottle dropped_;  // frames that are none
  ClockComparison clocks_;
  std::unique_ptr<Cancellation> cancellation_;  // of the running trial
  std::thread trial_;
  bool trial_running_ = false;
  std::optional<TrialMailbox::Quiet> waiting_for_quiet_;
  MonoTime quiet_deadline_{};
  std::optional<TrialMailbox::Ready> waiting_to_begin_;
  MonoTime begin_deadline_{};
  std::optional<AgentEnd> end_;
  MonoTime stop_deadline_{};
};

}  // namespace ocibench::agent
