#include "coordinator/analysis/analysis.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/model/mark_limits.hpp"

namespace ocibench::coordinator {
namespace {

/// Calls `visit` with every shown attempt whose agent told of its start.
template <class Visit>
void for_each_start(const CampaignState& state, const Visit& visit) {
  for (const TrialState& trial : state.trials) {
    const AttemptState* attempt = trial.shown_attempt();
    if (attempt != nullptr && attempt->started) {
      visit(trial, *attempt);
    }
  }
}

/// Equal but for the command line, which holds ports and folders of one run.
bool same_subject(const SubjectIdentity& a, const SubjectIdentity& b) {
  return a.name == b.name && a.label == b.label && a.version == b.version &&
         a.binaries == b.binaries;
}

void add_subject(std::vector<SeenSubject>& seen, const SubjectIdentity& identity,
                 const AgentName& agent) {
  auto known = std::ranges::find_if(
      seen, [&](const SeenSubject& one) { return same_subject(one.identity, identity); });
  if (known == seen.end()) {
    known = seen.insert(seen.end(), SeenSubject{.identity = identity});
  }
  if (std::ranges::find(known->agents, agent) == known->agents.end()) {
    known->agents.push_back(agent);
  }
}

void collect_subjects(Analysis& analysis) {
  for_each_start(analysis.state, [&](const TrialState&, const AttemptState& attempt) {
    add_subject(analysis.tools, attempt.started->subject, attempt.agent);
    if (!attempt.started->registry.name.empty()) {
      add_subject(analysis.registries, attempt.started->registry, attempt.agent);
    }
    const bool known = std::ranges::any_of(analysis.machines, [&](const SeenMachine& machine) {
      return machine.agent == attempt.agent && machine.boot == attempt.boot;
    });
    if (!known) {
      analysis.machines.push_back({attempt.agent, attempt.boot, attempt.started->environment});
    }
  });
}

std::string instance_type_of(const std::vector<SeenMachine>& machines) {
  std::set<std::string> types;
  for (const SeenMachine& machine : machines) {
    types.insert(fact_of(machine.environment, kInstanceTypeFact).value_or("unknown"));
  }
  if (types.empty()) {
    return "unknown";
  }
  return types.size() == 1 ? *types.begin() : "mixed";
}

std::string label_of(const Analysis& analysis, const std::string& tool) {
  const auto seen = std::ranges::find(analysis.tools, tool,
                                      [](const SeenSubject& one) { return one.identity.name; });
  return seen == analysis.tools.end() || seen->identity.label.empty() ? tool : seen->identity.label;
}

/// The interface of all complete iterations of the aggregated ones; empty when they differ.
std::string interface_of(const CampaignState& state, const Aggregate& aggregate) {
  std::set<std::string> interfaces;
  for (const TrialState& trial : state.trials) {
    if (!aggregate.covers(trial.trial)) {
      continue;
    }
    for (const Iteration& iteration : trial.counted) {
      if (iteration.outcome.kind == OutcomeKind::complete && iteration.network) {
        interfaces.insert(iteration.network->interface);
      }
    }
  }
  return interfaces.size() == 1 ? *interfaces.begin() : std::string();
}

/// What the row's trials must bring and copy. They differ only where a tool copies the platform of
/// its machine.
void add_work(Row& row, const Plan& plan, const CampaignState& state, PlannedProofs& proofs) {
  bool first = true;
  for (const TrialState& trial : state.trials) {
    if (!row.aggregate.covers(trial.trial)) {
      continue;
    }
    const PlannedProof& proof = proofs.of(trial.trial, trial.platform());
    const ByteFloor floor = byte_floor(plan, proof);
    row.floor = first || floor.bytes() < row.floor.bytes() ? floor : row.floor;
    row.copied = first ? proof.copied : widened(row.copied, proof.copied);
    first = false;
  }
}

void find_identity_differences(Analysis& analysis) {
  for (const std::vector<SeenSubject>* subjects : {&analysis.tools, &analysis.registries}) {
    for (std::size_t i = 1; i < subjects->size(); ++i) {
      const SubjectIdentity& identity = (*subjects)[i].identity;
      if (std::any_of(subjects->begin(), subjects->begin() + static_cast<std::ptrdiff_t>(i),
                      [&](const auto& other) { return other.identity.name == identity.name; })) {
        analysis.findings.push_back({FindingCode::subject_differs, identity.name,
                                     "not every agent ran the same binary and version"});
      }
    }
  }
  if (analysis.instance_type == "mixed") {
    analysis.findings.push_back(
        {FindingCode::machine_differs, "agents", "the agents are not of one instance type"});
  }
}

void find_marks(Analysis& analysis) {
  for (const TrialState& trial : analysis.state.trials) {
    for (const Iteration& iteration : trial.counted) {
      const std::string where =
          fmt::format("{} iteration {}", trial.trial.id.str(), iteration.index);
      for (const std::string& mark : iteration.marks) {
        analysis.findings.push_back({FindingCode::marked_iteration, where, mark});
      }
      const SamplerCost cost = iteration.sampler.value_or(SamplerCost{});
      const std::uint64_t due = cost.ticks + cost.missed_ticks;
      if (static_cast<double>(cost.missed_ticks) >
          kMarkedMissedTickShare * static_cast<double>(due)) {
        analysis.findings.push_back(
            {FindingCode::missed_ticks, where,
             fmt::format("the sampler missed {} of {} ticks", cost.missed_ticks, due)});
      }
    }
  }
}

void find_shared_hosts(Analysis& analysis) {
  for (const TrialState& trial : analysis.state.trials) {
    for (const HostNeighbour& neighbour : trial.neighbours) {
      analysis.findings.push_back(
          {FindingCode::host_shared,
           fmt::format("{} iteration {}", trial.trial.id.str(), neighbour.iteration),
           fmt::format("{} was at work on the same host{}", neighbour.agent.str(),
                       neighbour.same_network
                           ? " and in the same network: the bytes of one are counted for the other"
                           : "")});
    }
  }
}

void find_implausible_egress(Analysis& analysis) {
  for (const Row& row : analysis.rows) {
    if (row.egress.fit == EgressFit::below || row.egress.fit == EgressFit::above) {
      analysis.findings.push_back(
          {FindingCode::egress_implausible, name_of(row.aggregate), row.egress.sentence});
    }
  }
}

}  // namespace

std::string Analysis::git_sha() const {
  return state.started && !state.started->git_sha.empty() ? state.started->git_sha : "unknown";
}

Analysis analyse(const Plan& plan, std::span<const JournalEntry> journal) {
  Analysis analysis{.plan = plan, .state = replay(plan, journal)};
  analysis.findings = analysis.state.findings;
  collect_subjects(analysis);
  analysis.instance_type = instance_type_of(analysis.machines);
  const std::vector<Aggregate> aggregates = aggregate(plan, analysis.state);
  PlannedProofs proofs(plan);
  for (const Aggregate& one : aggregates) {
    Row row{.aggregate = one, .label = label_of(analysis, one.tool)};
    add_work(row, plan, analysis.state, proofs);
    row.egress = check_egress(plan, one, row.copied, interface_of(analysis.state, one));
    analysis.rows.push_back(std::move(row));
  }
  const std::vector<Finding> calibration = check_calibration(analysis.state, aggregates);
  analysis.findings.insert(analysis.findings.end(), calibration.begin(), calibration.end());
  find_implausible_egress(analysis);
  find_identity_differences(analysis);
  find_shared_hosts(analysis);
  find_marks(analysis);
  analysis.verdict = judge(analysis.state, analysis.findings);
  analysis.comparisons = compare_tools(plan, analysis.state, analysis.verdict);
  return analysis;
}

}  // namespace ocibench::coordinator
