#include "coordinator/analysis/withheld.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/units.hpp"
#include "coordinator/plan/comparison_design.hpp"

namespace ocibench::coordinator {
namespace {

using Trials = std::vector<const TrialState*>;

bool is_complete(const TrialState& trial) {
  return trial.complete_iterations() == trial.trial.iterations;
}

std::optional<Withheld> unsound(const Verdict& verdict) {
  if (verdict.kind != VerdictKind::invalid) {
    return std::nullopt;
  }
  return Withheld{WithheldCode::invalid_measuring,
                  "the campaign is INVALID: its measuring was unsound"};
}

/// The results that are missing could be those that would have shown it to be unsound.
std::optional<Withheld> unknown_soundness(const Plan& plan, const CampaignState& state) {
  for (const TrialState& trial : state.trials) {
    const auto tool = std::ranges::find(plan.tools, trial.trial.tool, &PlannedTool::name);
    if (tool != plan.tools.end() && tool->calibration && !is_complete(trial)) {
      return Withheld{WithheldCode::calibration_incomplete,
                      fmt::format("the calibration {} is not complete, so whether the measuring "
                                  "was sound is not known",
                                  trial.trial.id.str())};
    }
  }
  return std::nullopt;
}

std::optional<Withheld> incomplete(const Trials& trials) {
  std::vector<std::uint32_t> rounds;
  for (const TrialState* trial : trials) {
    if (!is_complete(*trial)) {
      rounds.push_back(trial->trial.round);
    }
  }
  if (rounds.empty()) {
    return std::nullopt;
  }
  return Withheld{WithheldCode::incomplete_blocks,
                  fmt::format("{} has no complete trial in round{} {}", trials.front()->trial.tool,
                              rounds.size() == 1 ? "" : "s", fmt::join(rounds, ", "))};
}

std::map<std::string, std::uint32_t> trials_by_lane(const Trials& trials) {
  std::map<std::string, std::uint32_t> counts;
  for (const TrialState* trial : trials) {
    if (const AttemptState* attempt = trial->shown_attempt()) {
      ++counts[attempt->agent.str()];
    }
  }
  return counts;
}

std::string lanes_text(const Trials& trials) {
  std::vector<std::string> lanes;
  for (const auto& [lane, count] : trials_by_lane(trials)) {
    lanes.push_back(fmt::format("{} x {}", count, lane));
  }
  return fmt::format("{} ran {}", trials.front()->trial.tool, fmt::join(lanes, " and "));
}

std::optional<Withheld> confounded(const Trials& tool, const Trials& baseline) {
  if (trials_by_lane(tool) == trials_by_lane(baseline)) {
    return std::nullopt;
  }
  return Withheld{
      WithheldCode::lanes_confounded,
      fmt::format("{}, {}: a difference between the tools cannot be told from one between the "
                  "lanes (rotation = \"latin-square\" moves tools over lanes)",
                  lanes_text(tool), lanes_text(baseline))};
}

/// Everything of a subject that must not change between rounds; the command line may (it holds
/// ports and folders).
std::string fingerprint(const SubjectIdentity& subject) {
  std::string text = subject.label + '\n' + subject.version;
  for (const BinaryIdentity& binary : subject.binaries) {
    text += '\n' + binary.sha256;
  }
  return text;
}

std::optional<Withheld> different_subjects(const Trials& tool, const Trials& baseline) {
  std::set<std::string> registries;
  for (const Trials* trials : {&tool, &baseline}) {
    std::set<std::string> subjects;
    for (const TrialState* trial : *trials) {
      const AttemptState* attempt = trial->shown_attempt();
      if (attempt != nullptr && attempt->started) {
        subjects.insert(fingerprint(attempt->started->subject));
        registries.insert(fingerprint(attempt->started->registry));
      }
    }
    if (subjects.size() > 1) {
      return Withheld{WithheldCode::subject_differs,
                      fmt::format("{} was not the same binary and version in every round",
                                  trials->front()->trial.tool)};
    }
  }
  if (registries.size() > 1) {
    return Withheld{WithheldCode::subject_differs,
                    "the registry was not the same binary and version in every trial"};
  }
  return std::nullopt;
}

std::optional<Withheld> different_machines(const Trials& tool, const Trials& baseline) {
  std::set<std::optional<std::string>> types;
  for (const Trials* trials : {&tool, &baseline}) {
    for (const TrialState* trial : *trials) {
      const AttemptState* attempt = trial->shown_attempt();
      if (attempt == nullptr || !attempt->started) {
        continue;
      }
      types.insert(fact_of(attempt->started->environment, kInstanceTypeFact));
    }
  }
  if (types.size() < 2) {
    return std::nullopt;
  }
  return Withheld{WithheldCode::machine_differs, "the machines are not of one instance type"};
}

/// Whoever the other lane was: it took from the one what the other of the two may have had.
std::optional<Withheld> crowded(const Trials& tool, const Trials& baseline) {
  for (const Trials* trials : {&tool, &baseline}) {
    for (const TrialState* trial : *trials) {
      if (!trial->neighbours.empty()) {
        return Withheld{WithheldCode::host_shared,
                        fmt::format("{} ran while {} was at work on the same host",
                                    trial->trial.tool, trial->neighbours.front().agent.str())};
      }
    }
  }
  return std::nullopt;
}

std::optional<Withheld> too_few(const Plan& plan) {
  const std::size_t pairs = compared_pairs(plan).size();
  const std::uint32_t needed = rounds_needed(pairs);
  if (plan.rounds >= needed) {
    return std::nullopt;
  }
  return Withheld{
      WithheldCode::too_few_rounds,
      fmt::format("{} cannot reach p < {} over {}: at least {} are needed",
                  plural(plan.rounds, "round"), kSignificance, plural(pairs, "pair"), needed)};
}

}  // namespace

std::vector<const TrialState*> trials_of(const CampaignState& state, const ComparedPoint& point,
                                         std::string_view tool) {
  Trials trials;
  for (const TrialState& state_of_trial : state.trials) {
    const Trial& trial = state_of_trial.trial;
    if (trial.kind == TrialKind::measure && trial.scenario == point.scenario &&
        trial.images == point.images && trial.tool == tool) {
      trials.push_back(&state_of_trial);
    }
  }
  std::ranges::sort(trials, {}, [](const TrialState* trial) { return trial->trial.round; });
  return trials;
}

bool all_complete(const Trials& trials) {
  return std::ranges::all_of(trials, [](const TrialState* trial) { return is_complete(*trial); });
}

std::vector<Withheld> why_withheld(const Plan& plan, const CampaignState& state,
                                   const Verdict& verdict, const Trials& tool,
                                   const Trials& baseline) {
  std::vector<Withheld> reasons;
  for (const auto& reason :
       {unsound(verdict), unknown_soundness(plan, state), incomplete(tool), incomplete(baseline),
        confounded(tool, baseline), different_subjects(tool, baseline),
        different_machines(tool, baseline), crowded(tool, baseline), too_few(plan)}) {
    if (reason) {
      reasons.push_back(*reason);
    }
  }
  return reasons;
}

}  // namespace ocibench::coordinator
