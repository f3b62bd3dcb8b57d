#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/model/assignment.hpp"
#include "common/model/ids.hpp"
#include "common/model/record.hpp"

namespace ocibench::protocol {

// ---- agent to coordinator

/// One tool of the agent's own catalog and whether it can be run there.
struct ToolOffer {
  std::string name;
  std::string definition_sha256;
  bool usable = false;
  std::string version;  ///< as probed; empty when not usable
  std::string reason;   ///< why not usable; empty otherwise

  friend bool operator==(const ToolOffer&, const ToolOffer&) = default;
};

/// First message of every connection, and repeated until Welcome arrives.
struct Hello {
  AgentName agent;
  BootId boot;
  CampaignId campaign;         ///< of the records in the spool; empty when it is empty
  std::uint64_t next_seq = 0;  ///< of the record that will be written next
  std::optional<AttemptId> running;
  std::vector<ToolOffer> tools;
  Environment environment;

  friend bool operator==(const Hello&, const Hello&) = default;
};

/// Sent when nothing else was for a heartbeat interval. Comes from the application loop.
struct Heartbeat {
  BootId boot;
  std::optional<AttemptId> running;
  std::optional<Phase> phase;   ///< for people; absent when idle
  std::uint32_t iteration = 0;  ///< 0 outside iterations
  MonoTime sent_at{};           ///< by the agent's clock; the answer has it again
  bool ready = false;           ///< waits to be told when to begin `iteration`: see Begin

  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// One record of the spool. `payload` is what encode_record() made.
struct RecordMessage {
  CampaignId campaign;
  BootId boot;
  std::uint64_t seq = 0;
  std::string payload;

  friend bool operator==(const RecordMessage&, const RecordMessage&) = default;
};

/// The agent leaves by its own will (stopped by a signal).
struct Goodbye {
  BootId boot;
  std::string reason;

  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

// ---- coordinator to agent
//
// Frames are addressed to a name, and for a moment two processes may have the same: what is meant
// for one of them says which.

/// Answer to Hello. Records of this boot below `next_seq` are in the journal.
struct Welcome {
  CampaignId campaign;
  BootId boot;
  std::uint64_t next_seq = 0;
  std::uint32_t heartbeat_ms = 1000;

  friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct Assign {
  BootId boot;
  Assignment assignment;

  friend bool operator==(const Assign&, const Assign&) = default;
};

/// Everything below `next_seq` of this boot is in the journal and may be forgotten.
struct Ack {
  BootId boot;
  std::uint64_t next_seq = 0;

  friend bool operator==(const Ack&, const Ack&) = default;
};

/// Answer to Heartbeat: the coordinator's loop is alive, and what time it is there.
struct HeartbeatReply {
  BootId boot;
  MonoTime sent_at{};  ///< of the heartbeat
  WallTime at{};       ///< by the coordinator's clock

  friend bool operator==(const HeartbeatReply&, const HeartbeatReply&) = default;
};

/// For an agent that says it is ready, where the scenario wants trials to start together: when to
/// begin that iteration. Repeated as long as it says so.
struct Begin {
  AttemptId id;
  std::uint32_t iteration = 0;
  WallTime at{};               ///< by the coordinator's clock; a moment ahead
  std::uint32_t together = 1;  ///< so many trials begin then ...
  std::uint32_t of = 1;        ///< ... of these in the round

  friend bool operator==(const Begin&, const Begin&) = default;
};

/// Stop this attempt now; what was finished is kept.
struct Cancel {
  AttemptId id;
  std::string reason;

  friend bool operator==(const Cancel&, const Cancel&) = default;
};

/// The campaign is over for this agent (or it is refused): leave.
struct Dismiss {
  BootId boot;
  std::string reason;
  bool refused = false;  ///< the agent must exit with an error

  friend bool operator==(const Dismiss&, const Dismiss&) = default;
};

using AgentMessage = std::variant<Hello, Heartbeat, RecordMessage, Goodbye>;
using CoordinatorMessage =
    std::variant<Welcome, Assign, Ack, HeartbeatReply, Begin, Cancel, Dismiss>;

}  // namespace ocibench::protocol
