#include "coordinator/analysis/comparison.hpp"

#include <algorithm>
#include <utility>

#include "common/error.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/statistics.hpp"
#include "coordinator/analysis/withheld.hpp"
#include "coordinator/plan/comparison_design.hpp"

namespace ocibench::coordinator {
namespace {

using Trials = std::vector<const TrialState*>;

/// A round's value: the median of its iterations. Requires: each is complete.
std::vector<double> round_values(const Trials& trials) {
  std::vector<double> values;
  for (const TrialState* trial : trials) {
    std::vector<double> walls;
    walls.reserve(trial->counted.size());
    for (const Iteration& iteration : trial->counted) {
      walls.push_back(to_seconds(*iteration.wall));
    }
    std::ranges::sort(walls);
    values.push_back(quantile(walls, 0.5));
  }
  return values;
}

PairComparison compare_pair(const Plan& plan, const CampaignState& state, const Verdict& verdict,
                            const ComparedPair& pair) {
  const Trials tool = trials_of(state, pair.point, pair.tool);
  const Trials baseline = trials_of(state, pair.point, plan.baseline);
  PairComparison result{.tool = pair.tool};
  if (tool.empty() || baseline.empty()) {
    result.withheld = {{WithheldCode::incomplete_blocks, "one of the two has no trial"}};
    return result;
  }
  result.withheld = why_withheld(plan, state, verdict, tool, baseline);
  if (all_complete(tool) && all_complete(baseline)) {
    const std::vector<double> first = round_values(tool);
    const std::vector<double> second = round_values(baseline);
    result.ratio = hodges_lehmann_ratio(first, second);
    result.test = mann_whitney(first, second);
  }
  return result;
}

/// A pair that is withheld stays in the family, with p = 1: leaving it out would make the test of
/// the others easier.
void correct_for_family(std::vector<PairComparison*>& family) {
  std::vector<double> p;
  p.reserve(family.size());
  for (const PairComparison* pair : family) {
    p.push_back(pair->withheld.empty() ? pair->test->p : 1);
  }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < family.size(); ++i) {
    PairComparison& pair = *family[i];
    if (!pair.withheld.empty()) {
      continue;
    }
    pair.p_holm = adjusted[i];
    if (adjusted[i] < kSignificance && pair.ratio->ratio != 1) {
      pair.claim = pair.ratio->ratio < 1 ? Claim::faster : Claim::slower;
    }
  }
}

std::optional<ObservedRequests> observed_of(const CampaignState& state, const std::string& scenario,
                                            const std::string& tool) {
  for (const TrialState& trial : state.trials) {
    const AttemptState* attempt = trial.shown_attempt();
    if (trial.trial.kind == TrialKind::observe && trial.trial.scenario == scenario &&
        trial.trial.tool == tool && attempt != nullptr && attempt->observed) {
      const WireObservation& observation = attempt->observed->observation;
      return ObservedRequests{.referrers = count_of(observation, RequestClass::referrers),
                              .rate_limited = throttled(observation)};
    }
  }
  return std::nullopt;
}

ToolNumbers numbers_of(const CampaignState& state, const ComparedPoint& point,
                       const std::string& tool) {
  ToolNumbers numbers{.tool = tool, .observed = observed_of(state, point.scenario, tool)};
  std::vector<double> walls;
  std::vector<double> sent;
  for (const TrialState* trial : trials_of(state, point, tool)) {
    numbers.planned += trial->trial.iterations;
    for (const Iteration& iteration : trial->counted) {
      if (iteration.outcome.kind != OutcomeKind::complete) {
        continue;
      }
      walls.push_back(to_seconds(*iteration.wall));
      if (iteration.network) {
        sent.push_back(static_cast<double>(iteration.network->tx_bytes));
      }
    }
  }
  numbers.complete = static_cast<std::uint32_t>(walls.size());
  std::ranges::sort(walls);
  std::ranges::sort(sent);
  const std::size_t missing = numbers.planned - walls.size();
  numbers.wall_s_median = quantile_with_missing(walls, missing, 0.5);
  numbers.wall_s_p10 = quantile_with_missing(walls, missing, 0.1);
  numbers.wall_s_p90 = quantile_with_missing(walls, missing, 0.9);
  numbers.tx_bytes_median = quantile_with_missing(sent, numbers.planned - sent.size(), 0.5);
  return numbers;
}

}  // namespace

std::string_view to_string(WithheldCode code) {
  switch (code) {
    case WithheldCode::invalid_measuring: return "invalid_measuring";
    case WithheldCode::calibration_incomplete: return "calibration_incomplete";
    case WithheldCode::incomplete_blocks: return "incomplete_blocks";
    case WithheldCode::lanes_confounded: return "lanes_confounded";
    case WithheldCode::subject_differs: return "subject_differs";
    case WithheldCode::machine_differs: return "machine_differs";
    case WithheldCode::host_shared: return "host_shared";
    case WithheldCode::too_few_rounds: return "too_few_rounds";
  }
  OCIBENCH_ASSERT(false && "a WithheldCode outside its enumerators");
}

std::string_view to_string(Claim claim) {
  switch (claim) {
    case Claim::none: return "none";
    case Claim::faster: return "faster";
    case Claim::slower: return "slower";
  }
  OCIBENCH_ASSERT(false && "a Claim outside its enumerators");
}

std::vector<PointComparison> compare_tools(const Plan& plan, const CampaignState& state,
                                           const Verdict& verdict) {
  std::vector<PointComparison> comparisons;
  const std::vector<ComparedPair> family = compared_pairs(plan);
  for (const ComparedPoint& point : compared_points(plan)) {
    PointComparison comparison{.point = point};
    for (const PlannedTool& tool : plan.tools) {
      if (!tool.calibration) {
        comparison.tools.push_back(numbers_of(state, point, tool.name));
      }
    }
    for (const ComparedPair& pair : family) {
      if (pair.point == point) {
        comparison.pairs.push_back(compare_pair(plan, state, verdict, pair));
      }
    }
    comparisons.push_back(std::move(comparison));
  }
  std::vector<PairComparison*> pairs;
  for (PointComparison& comparison : comparisons) {
    for (PairComparison& pair : comparison.pairs) {
      pairs.push_back(&pair);
    }
  }
  correct_for_family(pairs);
  return comparisons;
}

}  // namespace ocibench::coordinator
