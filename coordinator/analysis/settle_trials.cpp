#include "coordinator/analysis/settle_trials.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "coordinator/analysis/byte_floor.hpp"
#include "coordinator/analysis/planned_proof.hpp"

namespace ocibench::coordinator {
namespace {

std::size_t iterations_in_time(const AttemptState& attempt) {
  return static_cast<std::size_t>(
      std::ranges::count(attempt.iterations, Arrival::in_time, &RecordedIteration::arrival));
}

void choose_attempt(TrialState& trial) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < trial.attempts.size(); ++i) {
    if (trial.attempts[i].finished) {
      trial.shown = i;
      trial.accepted = true;
      return;
    }
    const std::size_t count = iterations_in_time(trial.attempts[i]);
    if (!trial.shown || count >= most) {
      trial.shown = i;
      most = count;
    }
  }
}

/// Why an iteration that nobody reported is missing.
Outcome outcome_of_missing(const TrialState& trial, const CampaignState& state) {
  const AttemptState* attempt = trial.shown_attempt();
  if (attempt == nullptr) {
    const bool explained = state.finished && !state.finished->reason.empty();
    return {.kind = OutcomeKind::not_run,
            .cause = explained ? "never leased to an agent: " + state.finished->reason
                               : "never leased to an agent"};
  }
  if (attempt->lost) {
    return {.kind = OutcomeKind::lost,
            .cause = fmt::format("agent {} lost: {}", attempt->agent.str(), attempt->lost->cause)};
  }
  if (attempt->finished) {
    const Outcome& outcome = attempt->finished->outcome;
    return {.kind = OutcomeKind::not_run,
            .cause = outcome.cause.empty() ? "the agent ended the trial without it"
                                           : "the trial ended before: " + outcome.cause};
  }
  return {
      .kind = OutcomeKind::not_run,
      .cause = fmt::format("the campaign ended while agent {} was at it", attempt->agent.str())};
}

/// What speaks against an iteration's claim to be complete; empty when nothing does. `planned`:
/// what it must have proven; nullptr for a calibration tool, which copies nothing.
std::string doubt(const Iteration& iteration, const PlannedProof* planned) {
  if (!iteration.wall || iteration.wall->count() <= 0) {
    return "claims to be complete without a wall time";
  }
  if (iteration.exit_code.value_or(0) != 0 || iteration.signal) {
    return "claims to be complete although the tool did not end well";
  }
  if (!iteration.verification) {
    return planned == nullptr ? "" : "claims to be complete without proof of its work";
  }
  const Verification& proof = *iteration.verification;
  if (proof.images_found != proof.images_expected ||
      proof.manifests_found != proof.manifests_expected ||
      proof.blobs_found != proof.blobs_expected || !proof.missing.empty()) {
    return fmt::format(
        "claims to be complete, yet {} of {} images, {} of {} manifests and {} of {} blobs were "
        "found{}",
        proof.images_found, proof.images_expected, proof.manifests_found, proof.manifests_expected,
        proof.blobs_found, proof.blobs_expected,
        proof.missing.empty() ? "" : "; missing: " + proof.missing.front());
  }
  const std::string differs = planned == nullptr ? std::string() : difference(proof, *planned);
  return differs.empty() ? "" : "claims to be complete, yet " + differs;
}

/// Where an iteration has no number although its agent says that it is complete.
struct Refusal {
  FindingCode code = FindingCode::contradiction;
  std::string why;  ///< empty: there is nothing against it
};

/// Holds the claims of a trial's shown attempt against the plan.
class ClaimJudge {
 public:
  ClaimJudge(const Plan& plan, PlannedProofs& proofs, const TrialState& trial) {
    const auto tool = std::ranges::find(plan.tools, trial.trial.tool, &PlannedTool::name);
    if (trial.trial.kind != TrialKind::measure || (tool != plan.tools.end() && tool->calibration)) {
      return;
    }
    planned_ = &proofs.of(trial.trial, trial.platform());
    floor_ = byte_floor(plan, *planned_);
  }

  [[nodiscard]] Refusal judge(const Iteration& iteration) const {
    if (iteration.outcome.kind != OutcomeKind::complete) {
      return {};
    }
    if (std::string against = doubt(iteration, planned_); !against.empty()) {
      return {FindingCode::contradiction, std::move(against)};
    }
    return {FindingCode::egress_below_floor, why_below(floor_, iteration.network)};
  }

 private:
  const PlannedProof* planned_ = nullptr;  // calibration: none
  ByteFloor floor_;
};

void count_iterations(TrialState& trial, const ClaimJudge& claims, CampaignState& state) {
  const Outcome missing = outcome_of_missing(trial, state);
  for (std::uint32_t index = 1; index <= trial.trial.iterations; ++index) {
    trial.counted.push_back({.index = index, .outcome = missing});
  }
  const AttemptState* attempt = trial.shown_attempt();
  if (attempt == nullptr) {
    return;
  }
  for (const RecordedIteration& recorded : attempt->iterations) {
    if (recorded.arrival == Arrival::late) {
      continue;
    }
    Iteration& counted = trial.counted[recorded.iteration.index - 1];
    counted = recorded.iteration;
    if (const Refusal refusal = claims.judge(counted); !refusal.why.empty()) {
      counted.outcome = {.kind = OutcomeKind::invalid, .cause = refusal.why};
      state.findings.push_back({refusal.code,
                                fmt::format("{} iteration {}", name_of(attempt->id), counted.index),
                                refusal.why});
    }
  }
}

/// A trial that only observes has no iterations to tell what became of it.
void judge_observation(TrialState& trial, CampaignState& state) {
  const AttemptState* attempt = trial.shown_attempt();
  if (attempt == nullptr || !attempt->finished) {
    trial.outcome = outcome_of_missing(trial, state);
  } else if (attempt->finished->outcome.kind != OutcomeKind::complete) {
    trial.outcome = attempt->finished->outcome;
  } else if (attempt->observed) {
    trial.outcome = attempt->observed->outcome;
  } else {
    trial.outcome = {.kind = OutcomeKind::invalid,
                     .cause = "the agent says that it observed the tool, but told nothing of it"};
    state.findings.push_back(
        {FindingCode::contradiction, name_of(attempt->id), trial.outcome.cause});
  }
}

void judge_trial(TrialState& trial, CampaignState& state) {
  if (trial.trial.kind == TrialKind::observe) {
    judge_observation(trial, state);
    return;
  }
  const auto bad = std::ranges::find_if(trial.counted, [](const Iteration& iteration) {
    return iteration.outcome.kind != OutcomeKind::complete;
  });
  const AttemptState* attempt = trial.shown_attempt();
  const bool finished = attempt != nullptr && attempt->finished.has_value();
  if (finished && attempt->finished->outcome.kind == OutcomeKind::complete &&
      iterations_in_time(*attempt) < trial.trial.iterations) {
    state.findings.push_back({FindingCode::contradiction, name_of(attempt->id),
                              "the agent says that every iteration ran, but reported fewer"});
  }
  if (finished && attempt->finished->outcome.kind != OutcomeKind::complete) {
    trial.outcome = attempt->finished->outcome;
    if (bad == trial.counted.end()) {
      state.findings.push_back(
          {FindingCode::untidy_end, name_of(attempt->id),
           fmt::format("every iteration is complete, but the trial ended {}: {}",
                       to_string(trial.outcome.kind), trial.outcome.cause)});
    }
  } else if (bad != trial.counted.end()) {
    trial.outcome = bad->outcome;
  } else {
    trial.outcome = {.kind = OutcomeKind::complete};
  }
}

void report_other_attempts(const TrialState& trial, CampaignState& state) {
  for (std::size_t i = 0; i < trial.attempts.size(); ++i) {
    const AttemptState& attempt = trial.attempts[i];
    if (attempt.late_records > 0) {
      state.findings.push_back(
          {FindingCode::late_record, name_of(attempt.id),
           fmt::format("records that came after the attempt was given up: {}; kept, not counted",
                       attempt.late_records)});
    }
    if (trial.shown != i) {
      state.findings.push_back(
          {FindingCode::superseded_attempt, name_of(attempt.id),
           fmt::format("attempt {} counts; the {} iterations reported here are kept, not counted",
                       trial.shown_attempt()->id.attempt, attempt.iterations.size())});
    }
  }
}

}  // namespace

void settle_trials(const Plan& plan, CampaignState& state) {
  PlannedProofs proofs(plan);
  for (TrialState& trial : state.trials) {
    choose_attempt(trial);
    count_iterations(trial, ClaimJudge(plan, proofs, trial), state);
    judge_trial(trial, state);
    report_other_attempts(trial, state);
  }
}

}  // namespace ocibench::coordinator
