#include "coordinator/analysis/verdict.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

/// Ended by itself or by us, as a tool that cannot fail never should.
bool is_failure(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::partial:
    case OutcomeKind::failed:
    case OutcomeKind::timed_out:
    case OutcomeKind::invalid: return true;
    case OutcomeKind::complete:
    case OutcomeKind::lost:
    case OutcomeKind::not_run: return false;
  }
  OCIBENCH_ASSERT(false && "an OutcomeKind outside its enumerators");
}

bool is_calibration(std::span<const Aggregate> aggregates, std::string_view tool) {
  return std::ranges::any_of(
      aggregates, [&](const Aggregate& one) { return one.calibration && one.tool == tool; });
}

}  // namespace

std::string_view to_string(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::valid: return "VALID";
    case VerdictKind::incomplete: return "INCOMPLETE";
    case VerdictKind::invalid: return "INVALID";
  }
  OCIBENCH_ASSERT(false && "a VerdictKind outside its enumerators");
}

std::string verdict_line(const Verdict& verdict) {
  return fmt::format("RESULT: {} {}/{}", to_string(verdict.kind), verdict.complete,
                     verdict.planned);
}

ExitCode exit_code(const Verdict& verdict) {
  switch (verdict.kind) {
    case VerdictKind::valid: return ExitCode::valid;
    case VerdictKind::incomplete:
      return verdict.interrupted ? ExitCode::interrupted : ExitCode::incomplete;
    case VerdictKind::invalid: return ExitCode::incomplete;
  }
  OCIBENCH_ASSERT(false && "a VerdictKind outside its enumerators");
}

std::vector<Finding> check_calibration(const CampaignState& state,
                                       std::span<const Aggregate> aggregates) {
  std::vector<Finding> findings;
  for (const TrialState& trial : state.trials) {
    if (!is_calibration(aggregates, trial.trial.tool)) {
      continue;
    }
    for (const Iteration& iteration : trial.counted) {
      if (is_failure(iteration.outcome.kind)) {
        findings.push_back(
            {FindingCode::calibration_failed,
             fmt::format("{} iteration {}", trial.trial.id.str(), iteration.index),
             fmt::format("calibration tool {} ended {}: {}", trial.trial.tool,
                         to_string(iteration.outcome.kind), iteration.outcome.cause)});
      }
    }
  }
  for (const Aggregate& one : aggregates) {
    const Summary* wall = one.find("wall_s");
    if (one.calibration && one.tool == kNullTool && wall != nullptr &&
        wall->median > to_seconds(kMaxNullWall)) {
      findings.push_back(
          {FindingCode::calibration_slow, name_of(one),
           fmt::format("the null tool takes {:.3g} s (median), at most {:.3g} s is sound",
                       wall->median, to_seconds(kMaxNullWall))});
    }
  }
  if (std::ranges::none_of(aggregates,
                           [](const Aggregate& one) { return one.tool == kNullTool; })) {
    findings.push_back({FindingCode::no_calibration, "plan",
                        "no null tool was run: the harness's own overhead is not known"});
  }
  return findings;
}

namespace {

/// Whether every trial that only observes did its work; one that did not is a reason.
bool add_missing_observations(const CampaignState& state, Verdict& verdict) {
  bool all = true;
  for (const TrialState& trial : state.trials) {
    if (trial.trial.kind == TrialKind::observe && trial.outcome.kind != OutcomeKind::complete) {
      all = false;
      verdict.reasons.push_back(fmt::format("{}: not observed: {}: {}", trial.trial.id.str(),
                                            to_string(trial.outcome.kind), trial.outcome.cause));
    }
  }
  return all;
}

}  // namespace

Verdict judge(const CampaignState& state, std::span<const Finding> findings) {
  Verdict verdict{.kind = VerdictKind::valid,
                  .interrupted = state.finished && state.finished->interrupted};
  for (const Finding& finding : findings) {
    if (invalidates(finding.code)) {
      verdict.kind = VerdictKind::invalid;
      verdict.reasons.push_back(
          fmt::format("{}: {}: {}", to_string(finding.code), finding.where, finding.text));
    }
  }
  for (const TrialState& trial : state.trials) {
    const std::uint32_t complete = trial.complete_iterations();
    verdict.complete += complete;
    verdict.planned += trial.trial.iterations;
    if (complete < trial.trial.iterations) {
      verdict.reasons.push_back(fmt::format("{}: {} of {} iterations complete: {}: {}",
                                            trial.trial.id.str(), complete, trial.trial.iterations,
                                            to_string(trial.outcome.kind), trial.outcome.cause));
    }
  }
  const bool all_observed = add_missing_observations(state, verdict);
  if (state.trials.empty()) {
    verdict.kind = VerdictKind::invalid;
    verdict.reasons.emplace_back("the plan holds no trial");
  }
  if (verdict.kind == VerdictKind::valid && (verdict.complete < verdict.planned || !all_observed)) {
    verdict.kind = VerdictKind::incomplete;
  }
  return verdict;
}

}  // namespace ocibench::coordinator
