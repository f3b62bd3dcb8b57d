#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/record.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::testing_support {

/// A plan of one scenario, "cold", over a corpus of two repositories that share a layer: 160 MB
/// unique, 260 MB per repository. Each name is a tool; "null" is the calibration tool.
coordinator::Plan make_plan(const std::vector<std::string>& tools, std::uint32_t iterations = 5);

/// Of the only round of the plan: "cold/skopeo/r1".
AttemptId attempt_of(const std::string& tool, std::uint32_t attempt = 1);

/// What an iteration of the trial must prove, when the tool copies this platform only (empty: all).
Verification whole_proof(const coordinator::Plan& plan, const Trial& trial,
                         std::string_view platform = "");

/// A complete iteration on lo that sent twice the unique bytes; it proves what make_plan() wants.
Iteration complete_iteration(std::uint32_t index,
                             std::chrono::milliseconds wall = std::chrono::milliseconds(1700));
Iteration failed_iteration(std::uint32_t index, OutcomeKind kind, const std::string& cause);

/// Writes a journal as the coordinator would, one call per record, a second apart.
class JournalBuilder {
 public:
  JournalBuilder& start(const coordinator::Plan& plan, const std::string& plan_json = "{}\n");
  /// Leases the attempt; what the agent tells of it from now on comes from this agent.
  JournalBuilder& lease(const AttemptId& id, const std::string& agent);
  JournalBuilder& tell(const std::string& agent, AgentRecord record);
  JournalBuilder& begin(const AttemptId& id);
  JournalBuilder& iteration(const AttemptId& id, const Iteration& iteration);
  JournalBuilder& artifact(const AttemptId& id, std::uint32_t iteration, const std::string& name,
                           const std::string& bytes);
  JournalBuilder& finish(const AttemptId& id, const Outcome& outcome = {OutcomeKind::complete});
  JournalBuilder& lose(const AttemptId& id, const std::string& cause);
  JournalBuilder& end(CampaignFinished record = {});
  /// Leases, begins, runs `iterations` complete iterations (of 1 ms for "null") and finishes.
  JournalBuilder& run(const AttemptId& id, const std::string& agent, std::uint32_t iterations);

  [[nodiscard]] const std::vector<JournalEntry>& entries() const { return entries_; }

 private:
  JournalBuilder& decide(CoordinatorRecord record);
  WallTime tick();

  std::vector<JournalEntry> entries_;
  std::map<AttemptId, std::string> agents_;
  std::map<std::string, std::uint64_t> next_seq_;
  std::int64_t ticks_ = 0;
};

}  // namespace ocibench::testing_support
