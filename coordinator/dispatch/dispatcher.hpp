#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/model/ids.hpp"
#include "common/model/record.hpp"
#include "coordinator/dispatch/lanes.hpp"
#include "coordinator/dispatch/record_allowance.hpp"
#include "coordinator/plan/plan.hpp"
#include "protocol/messages.hpp"

namespace ocibench::coordinator {

struct Now {
  MonoTime mono;
  WallTime wall;
};

// What the dispatcher wants done, in order. An Append must be durable before any later Send leaves.

struct Append {
  std::string stream;
  std::uint64_t seq = 0;
  std::string payload;
};
struct Send {
  AgentName to;
  protocol::CoordinatorMessage message;
};
/// For people: progress and log. Never needed for correctness.
struct Notice {
  enum class Level { info, warning };
  Level level = Level::info;
  std::string text;
};
/// A small fact for the journal, beside its records: kept with the next Append, or by itself.
struct Note {
  std::string key;  ///< a later note of the same key replaces it
  std::string text;
};
struct Finish {
  bool interrupted = false;
  std::string reason;  ///< empty when every trial was carried out
};
using Action = std::variant<Append, Send, Notice, Note, Finish>;
using Actions = std::vector<Action>;

/// The coordinator's deciding core: hands each trial of a plan to a lane, keeps leases, accepts
/// records exactly once, and ends the campaign within its deadline. No clock, socket, thread or
/// file: the shell (CoordinatorLoop) feeds it and does what it says; the simulation runs it too.
///
/// Records are taken of attempts that were leased to the very process that sends them, and as many
/// bytes as such an attempt can honestly bring (record_allowance.hpp). An agent that sends others
/// is turned away for the rest of the campaign.
///
/// A trial is leased as a whole. When its agent is lost the next attempt starts from the beginning
/// on whatever lane is free; attempts are never merged.
class Dispatcher {
 public:
  Dispatcher(CampaignId campaign, Plan plan);

  /// Rebuilds the state from the journal, entry by entry, before start().
  void restore(const JournalEntry& entry);

  /// `started` goes into the journal unless restore() has seen it there.
  Actions start(const CampaignStarted& started, Now now);
  Actions on_message(const AgentName& peer, const protocol::AgentMessage& message, Now now);
  /// To be called at least every heartbeat interval.
  Actions on_tick(Now now);
  /// The shell knows that this agent will not be heard of again: its process ended (local mode), or
  /// its key was revoked.
  Actions on_agent_exit(const AgentName& agent, const std::string& cause, Now now);
  /// First call: stop cleanly, bounded by kInterruptGrace. Second call: stop now.
  Actions on_interrupt(Now now);

  [[nodiscard]] bool finished() const { return finished_; }

  static constexpr std::chrono::seconds kInterruptGrace{10};
  static constexpr std::chrono::seconds kAssignRepeat{2};
  /// An agent that was silent for more than so many heartbeats is named; it is given up later.
  static constexpr int kMissedHeartbeats = 2;

  /// From saying when trials start together to that moment: so that all have heard it by then.
  static constexpr std::chrono::milliseconds kStartMargin{1000};

  /// Why agents are dismissed when all is done.
  static constexpr std::string_view kOver = "the campaign is over";

  /// What progress displays show of a trial.
  enum class TrialStatus { waiting, leased, done };
  struct TrialView {
    const Trial* trial = nullptr;
    TrialStatus status = TrialStatus::waiting;
    std::uint32_t attempt = 0;
    std::uint32_t iterations_finished = 0;  ///< of the current attempt
    AgentName agent;
    std::optional<Phase> phase;  ///< as the agent told last
    std::uint32_t iteration = 0;
  };
  [[nodiscard]] std::vector<TrialView> view() const;

 private:
  struct TrialState {
    TrialStatus status = TrialStatus::waiting;
    std::uint32_t attempt = 0;  // of the newest lease; 0 = never leased
    AgentName agent;
    BootId boot;
    MonoTime lease_ends{};
    MonoTime assigned_at{};
    bool confirmed = false;  // the agent is known to have the assignment
    std::uint32_t iterations_finished = 0;
    std::string last_cause;
    std::uint32_t ready = 0;  // the iteration that its agent is ready to begin; 0: none
    std::optional<protocol::Begin> begun;  // the last that was said to it
  };

  void on_hello(const AgentName& peer, const protocol::Hello& hello, Now now, Actions& out);
  void on_heartbeat(const AgentName& peer, const protocol::Heartbeat& beat, Now now, Actions& out);
  void on_record(const AgentName& peer, const protocol::RecordMessage& message, Now now,
                 Actions& out);
  void accept_record(const AgentName& agent, const BootId& boot, const AgentRecord& record);
  std::string why_not_taken(const AgentName& agent, const BootId& boot, const AttemptId& id,
                            std::size_t payload_bytes);
  void turn_away(const AgentName& agent, const BootId& boot, const std::string& cause, Now now,
                 Actions& out);
  void check_running(const AgentName& peer, const std::optional<AttemptId>& running, Actions& out);

  void on_ready(std::size_t index, const protocol::Heartbeat& beat, Now now, Actions& out);
  void start_ready(Now now, Actions& out);
  void start_group(const std::vector<std::size_t>& group, Now now, Actions& out);
  [[nodiscard]] std::vector<std::size_t> group_of(std::size_t index) const;
  [[nodiscard]] bool may_still_come(std::size_t index, const std::vector<std::size_t>& group) const;

  void lose_lane(const AgentName& agent, const std::string& cause, Now now, Actions& out);
  void lose_attempt(std::size_t index, const std::string& cause, Now now, Actions& out);
  void name_silent_agents(Now now, Actions& out);
  void gather(Now now, Actions& out);
  [[nodiscard]] bool goes_on(Now now) const;
  void hand_out(Now now, Actions& out);
  void hand_out_to(const AgentName& agent, Now now, Actions& out);
  [[nodiscard]] bool all_places_taken() const;
  [[nodiscard]] std::optional<std::size_t> lease_in_the_way_of(const AgentName& agent) const;
  [[nodiscard]] bool neighbour_goes_first(const AgentName& agent, std::size_t index) const;
  [[nodiscard]] std::string why_no_common_start() const;
  void name_host(const AgentName& agent, Actions& out) const;
  std::optional<std::size_t> next_trial_for(const AgentName& agent) const;
  void lease(std::size_t index, const AgentName& agent, Now now, Actions& out);
  void assign(std::size_t index, Now now, Actions& out);
  void expire_leases(Now now, Actions& out);
  void repeat_assignments(Now now, Actions& out);
  void end_if_over(Now now, Actions& out);
  void finish(bool interrupted, std::string reason, Now now, Actions& out);
  std::string missing_reason() const;

  void append(const CoordinatorRecord& record, Actions& out);
  std::optional<std::size_t> find_trial(const TrialId& id) const;

  CampaignId campaign_;
  Plan plan_;
  std::vector<TrialState> trials_;  // parallel to plan_.trials
  std::map<TrialId, std::size_t> trial_index_;
  Lanes lanes_;
  RecordAllowance allowance_;
  std::map<std::pair<AgentName, BootId>, std::uint64_t> next_seq_;
  std::uint64_t own_next_seq_ = 0;
  bool campaign_recorded_ = false;
  bool gathered_ = false;     // the agents that were waited for have come
  bool may_hand_out_ = true;  // since the last look for trials to lease, something changed for all
  bool finished_ = false;
  bool interrupted_ = false;
  MonoTime deadline_{};
  MonoTime gather_deadline_{};
  MonoTime interrupt_deadline_{};
  MonoTime last_progress_{};  // a lane appeared, a lease was given or a record came
};

}  // namespace ocibench::coordinator
