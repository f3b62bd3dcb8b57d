#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/model/record.hpp"
#include "coordinator/analysis/aggregate.hpp"
#include "coordinator/analysis/byte_floor.hpp"
#include "coordinator/analysis/campaign_state.hpp"
#include "coordinator/analysis/comparison.hpp"
#include "coordinator/analysis/egress.hpp"
#include "coordinator/analysis/finding.hpp"
#include "coordinator/analysis/verdict.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// One exact subject and who ran it.
struct SeenSubject {
  SubjectIdentity identity;
  std::vector<AgentName> agents;
};

/// The machine of an agent's life, as it told at its first trial.
struct SeenMachine {
  AgentName agent;
  BootId boot;
  Environment environment;
};

/// A scenario and a tool with all that reports print of them.
struct Row {
  Aggregate aggregate;
  std::string label;  ///< "skopeo 1.9.3 (Debian 12)"; the tool's name when no agent told
  EgressCheck egress;
  CopiedBytes copied;  ///< by all its trials
  ByteFloor floor;     ///< of its trials, the lowest; meaningless for a calibration tool
};

/// Everything that reports print: a pure function of the plan and the journal.
struct Analysis {
  Plan plan;
  CampaignState state;
  std::vector<Row> rows;
  std::vector<SeenSubject> tools;
  std::vector<SeenSubject> registries;
  std::vector<SeenMachine> machines;
  std::string instance_type;  ///< of the shown attempts; "mixed", or "unknown" when nobody told
  std::vector<Finding> findings;
  Verdict verdict;
  std::vector<PointComparison> comparisons;

  /// "unknown" when the journal does not hold the start of the campaign.
  [[nodiscard]] std::string git_sha() const;
};

Analysis analyse(const Plan& plan, std::span<const JournalEntry> journal);

}  // namespace ocibench::coordinator
