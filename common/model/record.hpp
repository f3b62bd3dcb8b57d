#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.hpp"
#include "common/model/assignment.hpp"
#include "common/model/ids.hpp"
#include "common/model/iteration.hpp"
#include "common/model/observation.hpp"
#include "common/model/outcome.hpp"
#include "common/model/phase.hpp"
#include "common/model/subject.hpp"

namespace ocibench {

/// Which attempt at which trial a record tells of.
struct AttemptId {
  TrialId trial;
  std::uint32_t attempt = 1;

  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

// What an agent tells, in the order it happened. These are the payloads of its spool, of the wire
// and of the coordinator's journal: every report is a function of them.

struct TrialStarted {
  AttemptId id;
  WallTime at{};
  SubjectIdentity subject;
  SubjectIdentity registry;  ///< the registry software on both sides; empty name when remote
  Environment environment;

  friend bool operator==(const TrialStarted&, const TrialStarted&) = default;
};

/// An untimed phase ended. `iteration` is 0 for setup, prewarm and the trial's teardown; where the
/// target outlives an iteration, that has a teardown of its own.
struct PhaseFinished {
  AttemptId id;
  Phase phase = Phase::setup;
  std::uint32_t iteration = 0;
  std::chrono::nanoseconds took{0};
  std::string note;  ///< "262 MB in 24 blobs read and verified; no CDN headers: not applicable"

  friend bool operator==(const PhaseFinished&, const PhaseFinished&) = default;
};

struct IterationFinished {
  AttemptId id;
  Iteration iteration;

  friend bool operator==(const IterationFinished&, const IterationFinished&) = default;
};

/// What the files of one iteration may take together, and so what one file may; a flood of output
/// must not fill spool and journal.
inline constexpr std::uint64_t kMaxArtifactBytes = 32'000'000;

/// A piece of a file for the bundle: samples, pidstat's raw log, the tool's output.
struct ArtifactChunk {
  AttemptId id;
  std::uint32_t iteration = 0;
  std::string name;  ///< a plain file name, "samples.csv" or "stderr.log.gz"
  std::uint64_t offset = 0;
  bool last = false;
  std::string bytes;

  static constexpr std::size_t kMaxBytes = 256 * 1024;

  friend bool operator==(const ArtifactChunk&, const ArtifactChunk&) = default;
};

struct TrialFinished {
  AttemptId id;
  WallTime at{};
  Outcome outcome;  ///< complete when all iterations ran, whatever became of them

  friend bool operator==(const TrialFinished&, const TrialFinished&) = default;
};

/// What a trial of kind observe has seen. The outcome is complete when the tool did its work too.
struct WireObserved {
  AttemptId id;
  Outcome outcome;
  WireObservation observation;

  friend bool operator==(const WireObserved&, const WireObserved&) = default;
};

using AgentRecord = std::variant<TrialStarted, PhaseFinished, IterationFinished, ArtifactChunk,
                                 TrialFinished, WireObserved>;

// What the coordinator decides, in its own stream of the journal.

struct CampaignStarted {
  CampaignId campaign;
  WallTime at{};
  std::string campaign_toml;  ///< the file as given
  std::string plan_json;      ///< every default resolved, the corpus locked
  std::string git_sha;        ///< for the bundle's path, "-dirty" appended where the tree is

  friend bool operator==(const CampaignStarted&, const CampaignStarted&) = default;
};

struct TrialLeased {
  AttemptId id;
  AgentName agent;
  BootId boot;
  WallTime at{};

  friend bool operator==(const TrialLeased&, const TrialLeased&) = default;
};

/// The coordinator gave an attempt up: its agent is gone, or its lease ran out.
struct AttemptLost {
  AttemptId id;
  WallTime at{};
  std::string cause;

  friend bool operator==(const AttemptLost&, const AttemptLost&) = default;
};

struct CampaignFinished {
  WallTime at{};
  bool interrupted = false;
  std::string reason;  ///< why it ended before every trial did; empty otherwise

  friend bool operator==(const CampaignFinished&, const CampaignFinished&) = default;
};

using CoordinatorRecord = std::variant<CampaignStarted, TrialLeased, AttemptLost, CampaignFinished>;

/// The journal in memory, in the order in which it was written.
struct JournalEntry {
  AgentName agent;  ///< empty for the coordinator's own
  BootId boot;
  std::uint64_t seq = 0;
  std::variant<CoordinatorRecord, AgentRecord> body;

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

}  // namespace ocibench
