#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/model/ids.hpp"
#include "common/model/record.hpp"
#include "protocol/messages.hpp"

namespace ocibench::agent {

// What the session wants done, in order.

/// Commit this record to the spool; the session counts it as stored.
struct Spool {
  std::string stream;
  std::uint64_t seq = 0;
  std::string payload;
};
/// Drop records of `stream` below `below` from the spool: the coordinator has them.
struct Forget {
  std::string stream;
  std::uint64_t below = 0;
};
struct Send {
  protocol::AgentMessage message;
};
/// Read record `seq` of `stream` from the spool and send it.
struct SendRecord {
  std::string stream;
  CampaignId campaign;
  BootId boot;
  std::uint64_t seq = 0;
};
struct StartTrial {
  Assignment assignment;
};
struct CancelTrial {
  std::string reason;
};
/// The iteration that waits for it begins at that moment of the coordinator's clock.
struct BeginRun {
  WallTime at{};
  std::uint32_t together = 1;  ///< so many trials begin then ...
  std::uint32_t of = 1;        ///< ... of these in the round
};
/// Bound what the spool keeps of campaigns other than these (spool_limit.hpp).
struct LimitSpool {
  std::vector<CampaignId> kept;
};
/// Our heartbeat was answered: what time it was at the coordinator.
struct CompareClocks {
  MonoTime asked{};
  WallTime theirs{};
};
/// Give the connection up and begin another: nobody answers on this one.
struct Reconnect {};
struct Exit {
  bool refused = false;  ///< leave with an error
  std::string reason;
};
using Action = std::variant<Spool, Forget, Send, SendRecord, StartTrial, CancelTrial, BeginRun,
                            LimitSpool, CompareClocks, Reconnect, Exit>;
using Actions = std::vector<Action>;

/// A stream of the spool as it was found at start: records [first, next) are not acknowledged yet.
struct SpooledStream {
  CampaignId campaign;
  BootId boot;
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  std::uint64_t bytes = 0;  ///< of these records
};

struct SessionConfig {
  AgentName name;
  BootId boot;  ///< fresh for every process
  std::vector<protocol::ToolOffer> tools;
  Environment environment;
  /// Idle and without a coordinator for this long: exit. Zero: wait for ever.
  std::chrono::milliseconds orphan_after{0};
};

/// The agent's deciding core: says Hello until welcomed, takes one assignment at a time, numbers
/// records, streams them with go-back-N until acknowledged, stays quiet in a measured window, and
/// goes on working while the coordinator is away. No clock, socket, thread or file: AgentLoop feeds
/// it and does what it says; the simulation runs it too.
class Session {
 public:
  Session(SessionConfig config, std::vector<SpooledStream> spooled);

  Actions start(MonoTime now);
  Actions on_message(const protocol::CoordinatorMessage& message, MonoTime now);
  Actions on_tick(MonoTime now);
  /// The trial tells something. Requires: a trial is running.
  Actions on_record(const AgentRecord& record, MonoTime now);
  void on_status(Phase phase, std::uint32_t iteration);
  /// The trial waits to be told when to begin the iteration of its last status.
  Actions on_ready(MonoTime now);
  /// It waits no longer, whatever the reason.
  void on_begun() { ready_ = false; }
  /// A measured window begins or ends: uploads are held back between the two.
  void hold_uploads() { quiet_ = true; }
  Actions release_uploads(MonoTime now);
  /// The spool has no such stream any more. Requires: none that LimitSpool keeps.
  void on_dropped(const CampaignId& campaign, const BootId& boot);
  /// The process was asked to stop (SIGTERM).
  Actions on_stop(const std::string& reason);

  [[nodiscard]] bool drained() const;  ///< every record is acknowledged
  [[nodiscard]] bool welcomed() const { return welcomed_; }
  [[nodiscard]] bool running() const { return running_.has_value(); }

  static constexpr std::uint64_t kWindowRecords = 16;
  static constexpr std::chrono::milliseconds kHelloInterval{500};
  static constexpr std::chrono::milliseconds kResendAfter{1000};
  static constexpr std::chrono::milliseconds kResendMax{8000};
  /// Without a coordinator for this long: another connection, and so on at growing intervals.
  static constexpr std::chrono::milliseconds kReconnectAfter{5000};
  static constexpr std::chrono::milliseconds kReconnectMax{30000};
  /// This many heartbeat intervals without a word: the coordinator is away or was restarted. Fewer
  /// than make an agent lost, so that a resumed campaign keeps its agents.
  static constexpr int kSilentHeartbeats = 2;

  static std::string stream_name(const CampaignId& campaign, const BootId& boot);

 private:
  struct Stream {
    CampaignId campaign;
    BootId boot;
    std::uint64_t acked = 0;  // everything below is in the journal
    std::uint64_t sent = 0;   // everything below was sent at least once in this round
    std::uint64_t next = 0;   // number of the next record
  };

  void on_welcome(const protocol::Welcome& welcome, MonoTime now, Actions& out);
  void on_assign(const protocol::Assign& assign, MonoTime now, Actions& out);
  void on_ack(const BootId& boot, std::uint64_t next_seq, MonoTime now, Actions& out);
  void say_hello(MonoTime now, Actions& out);
  void beat(MonoTime now, Actions& out);
  void seek_coordinator(MonoTime now, Actions& out);
  void pump(MonoTime now, Actions& out);
  void exit(bool refused, std::string reason, Actions& out);
  Stream* current_stream();
  Stream& own_stream(const CampaignId& campaign);

  SessionConfig config_;
  std::deque<Stream> streams_;  // oldest first; a deque: own_stream() keeps references
  CampaignId campaign_;         // of the coordinator, empty before the first Welcome
  bool welcomed_ = false;
  bool quiet_ = false;
  bool exited_ = false;
  std::optional<AttemptId> running_;
  CampaignId running_campaign_;
  std::set<CampaignId> cut_;   // campaigns for which this process's own records were dropped
  std::set<AttemptId> taken_;  // attempts of campaign_ that this process has started
  std::optional<Phase> phase_;
  std::uint32_t iteration_ = 0;
  bool ready_ = false;  // the trial waits for Begin
  std::chrono::milliseconds heartbeat_{1000};
  std::chrono::milliseconds resend_after_ = kResendAfter;
  std::chrono::milliseconds reconnect_after_ = kReconnectAfter;
  MonoTime last_reconnect_{};
  MonoTime last_answered_{};
  MonoTime last_hello_{};
  MonoTime last_beat_{};
  MonoTime last_progress_{};  // of acknowledgements
  MonoTime idle_since_{};
};

}  // namespace ocibench::agent
