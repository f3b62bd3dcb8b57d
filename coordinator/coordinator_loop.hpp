#pragma once

#include <optional>
#include <string>

#include "common/clock.hpp"
#include "common/durable/record_log.hpp"
#include "coordinator/agent_keys.hpp"
#include "coordinator/dispatch/dispatcher.hpp"
#include "coordinator/progress.hpp"
#include "protocol/log_throttle.hpp"
#include "protocol/transport.hpp"
#include "protocol/zmq_server.hpp"

namespace ocibench::coordinator {

/// A child agent in local mode: when it ends, its lane is lost at once instead of by silence.
struct WatchedAgent {
  AgentName name;
  int pidfd = -1;
};

/// The keys of the agents that may come, and who has to know when they change.
struct WatchedKeys {
  AgentKeys& keys;
  protocol::ZmqServer& server;
};

/// What the loop works with; everything outlives it.
struct CoordinatorParts {
  const Clock& clock;
  protocol::Transport& transport;
  durable::RecordLog& journal;
  Progress& progress;
  int interrupt_fd = -1;  ///< a signalfd for SIGINT and SIGTERM
  std::optional<WatchedAgent> local_agent;
  std::optional<WatchedKeys> keys;
};

/// The coordinator's shell: feeds the Dispatcher and does what it says. One thread.
class CoordinatorLoop {
 public:
  CoordinatorLoop(Dispatcher& dispatcher, CoordinatorParts parts);

  /// Runs the campaign to its end. A second interrupt ends it without waiting for the agents.
  /// Errors: io (journal or transport).
  Result<Finish> run(const CampaignStarted& started);

  static constexpr std::chrono::milliseconds kTick{100};
  /// From one commit of the journal until more is read: what comes meanwhile shares the next one.
  /// With thousands of agents a commit for each record would be all that this process does.
  static constexpr std::chrono::milliseconds kGather{5};
  /// After the end: for the dismissals to reach the agents.
  static constexpr std::chrono::milliseconds kFarewell{300};

 private:
  [[nodiscard]] Now now() const { return {parts_.clock.now(), parts_.clock.wall()}; }
  Result<void> step();
  void let_records_gather() const;
  Result<void> take_interrupts();
  Result<void> watch_local_agent();
  Result<void> watch_keys();
  Result<void> execute(const Actions& actions);
  Result<void> store(const Actions& actions);
  Result<void> store(const Action& action);
  void deliver(const Send& send);

  Dispatcher& dispatcher_;
  CoordinatorParts parts_;
  std::optional<Finish> finish_;
  MonoTime last_commit_{};
  protocol::LogThrottle dropped_;  // frames that are none, by the agent's name
};

}  // namespace ocibench::coordinator
