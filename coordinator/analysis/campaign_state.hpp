#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/model/record.hpp"
#include "coordinator/analysis/finding.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// For people: "cold/skopeo/r1 attempt 2".
std::string name_of(const AttemptId& id);

/// Whether a record reached the journal before or after the coordinator gave its attempt up.
enum class Arrival : std::uint8_t { in_time, late };

struct RecordedIteration {
  Iteration iteration;
  Arrival arrival = Arrival::in_time;
};

/// One lease of a trial and everything its agent told of it.
struct AttemptState {
  AttemptId id;
  AgentName agent;
  BootId boot;
  WallTime leased_at{};
  std::optional<TrialStarted> started;
  std::vector<PhaseFinished> phases;
  std::vector<RecordedIteration> iterations;  ///< in the order of arrival
  std::optional<WireObserved> observed;       ///< of a trial of kind observe, in time
  std::optional<TrialFinished> finished;      ///< only when it came in time
  std::optional<AttemptLost> lost;
  std::uint64_t late_records = 0;
};

/// Another lane was at work on the same host while an iteration was measured.
struct HostNeighbour {
  std::uint32_t iteration = 1;
  AgentName agent;
  bool same_network = false;  ///< in one network namespace: the bytes of one are in the other's

  friend bool operator==(const HostNeighbour&, const HostNeighbour&) = default;
};

/// A planned trial and what became of it.
struct TrialState {
  Trial trial;
  std::vector<AttemptState> attempts;  ///< by attempt number
  std::optional<std::size_t> shown;    ///< index of the attempt whose results count; see replay()
  bool accepted = false;               ///< the shown attempt ran to its end
  /// Exactly trial.iterations of them: the shown attempt's records that arrived in time, and for
  /// each one missing a stand-in whose outcome is lost or not_run, with the cause.
  std::vector<Iteration> counted;
  Outcome outcome;  ///< of the trial: complete, or the first thing that kept it from being so
  std::vector<HostNeighbour> neighbours;  ///< of the counted iterations; see shared_hosts.hpp

  [[nodiscard]] const AttemptState* shown_attempt() const {
    return shown ? &attempts[*shown] : nullptr;
  }
  [[nodiscard]] std::uint32_t complete_iterations() const;
  /// Of the machine that ran the shown attempt (kPlatformFact), as its agent says; nullopt:
  /// unknown.
  [[nodiscard]] std::optional<std::string> platform() const;
};

/// The journal, read against the plan.
struct CampaignState {
  std::optional<CampaignStarted> started;
  std::optional<CampaignFinished> finished;
  std::vector<TrialState> trials;  ///< in the order of the plan
  std::vector<Finding> findings;
};

/// Which attempt counts is fixed before any number is known: the first one that finished before it
/// was given up; if none did, the last of those with the most finished iterations, as incomplete.
/// Results of two attempts are never merged. Pure; never fails: what does not fit is a finding.
CampaignState replay(const Plan& plan, std::span<const JournalEntry> journal);

}  // namespace ocibench::coordinator
