#include "coordinator/report/headline.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/catalog/template.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/scaling.hpp"
#include "coordinator/report/comparison_text.hpp"

namespace ocibench::coordinator {
namespace {

constexpr double kMostBytes = 9e18;  // what an agent claims may not fit an integer
constexpr std::size_t kShortShaDigits = 7;
constexpr std::string_view kStandIn =
    "{{subject}}: {{wall_median}} (p50, N={{n}}, p10 {{wall_p10}} .. p90 {{wall_p90}}).";

std::string duration_text(double seconds) {
  return format_duration(std::chrono::nanoseconds(std::llround(std::min(seconds, 9e9) * 1e9)));
}

std::string bytes_text(double bytes) {
  return format_bytes(static_cast<std::uint64_t>(std::min(bytes, kMostBytes)));
}

const PlannedScenario& scenario_of(const Analysis& analysis, const Row& row) {
  const auto scenario =
      std::ranges::find(analysis.plan.scenarios, row.aggregate.scenario, &PlannedScenario::name);
  OCIBENCH_ASSERT(scenario != analysis.plan.scenarios.end());
  return *scenario;
}

std::string moved_text(const PlannedScenario& scenario, std::size_t images) {
  if (scenario.moved.empty()) {
    return "none";
  }
  const std::size_t moved = scenario.moved.size();
  return fmt::format("{} of {} ({:.1f} %)", moved, images,
                     100.0 * static_cast<double>(moved) / static_cast<double>(images));
}

/// What a sentence is made of; absent where there is no number.
struct Measured {
  std::optional<double> wall_median;
  std::optional<double> wall_p10;
  std::optional<double> wall_p90;
  std::optional<double> tx_median;
};

/// Beside other tools an iteration without a result counts as slower than all with one, so that the
/// sentence of a tool that failed at the slow ones does not look better for it.
Measured measured(const Analysis& analysis, const Row& row) {
  for (const PointComparison& comparison : analysis.comparisons) {
    const auto tool = std::ranges::find(comparison.tools, row.aggregate.tool, &ToolNumbers::tool);
    if (comparison.point.scenario == row.aggregate.scenario &&
        comparison.point.images == row.aggregate.images && tool != comparison.tools.end()) {
      return {tool->wall_s_median, tool->wall_s_p10, tool->wall_s_p90, tool->tx_bytes_median};
    }
  }
  const Summary* wall = row.aggregate.find("wall_s");
  const Summary* tx = row.aggregate.find("tx_bytes");
  if (wall == nullptr) {
    return {};
  }
  return {wall->median, wall->p10, wall->p90, tx ? std::optional(tx->median) : std::nullopt};
}

std::string quantile_text(const std::optional<double>& seconds) {
  return seconds ? duration_text(*seconds) : "not reached";
}

/// Requires: measured(analysis, row).wall_median.
catalog::TemplateValues values_for(const Analysis& analysis, const Row& row) {
  const Measured numbers = measured(analysis, row);
  const ResolvedCorpus corpus = first_images(analysis.plan.lock, row.aggregate.images);
  const std::uint64_t bytes = row.copied.least;
  const bool whole = row.aggregate.complete == row.aggregate.planned;
  return {
      .texts = {
          {"subject", row.label},
          {"images", plural(corpus.images.size(), "image")},
          {"bytes", format_bytes(bytes)},
          {"wall_median", duration_text(*numbers.wall_median)},
          {"wall_p10", quantile_text(numbers.wall_p10)},
          {"wall_p90", quantile_text(numbers.wall_p90)},
          {"tx_median", numbers.tx_median ? bytes_text(*numbers.tx_median) : "unmeasured"},
          {"rate_median", bytes_text(static_cast<double>(bytes) / *numbers.wall_median) + "/s"},
          {"moved", moved_text(scenario_of(analysis, row), corpus.images.size())},
          {"scaling", scaling_sentence(fit_scaling(analysis.plan, analysis.state,
                                                   row.aggregate.scenario, row.aggregate.tool))},
          {"n", whole ? std::to_string(row.aggregate.complete)
                      : fmt::format("{} of {}", row.aggregate.complete, row.aggregate.planned)},
      }};
}

std::string no_number(const Analysis& analysis, const Row& row) {
  const auto bad = std::ranges::find_if(analysis.state.trials, [&](const TrialState& trial) {
    return row.aggregate.covers(trial.trial) &&
           trial.complete_iterations() < trial.trial.iterations;
  });
  if (bad == analysis.state.trials.end()) {
    return fmt::format("{}: no number for {}: nothing was planned.", row.label,
                       row.aggregate.scenario);
  }
  return fmt::format("{}: no number for {}: {} of {} iterations complete ({}: {}).", row.label,
                     point_text(row.aggregate.scenario, row.aggregate.images),
                     row.aggregate.complete, row.aggregate.planned, to_string(bad->outcome.kind),
                     bad->outcome.cause);
}

Result<std::string> fill_template(const Analysis& analysis, const Row& row) {
  const PlannedScenario& scenario = scenario_of(analysis, row);
  return catalog::render_template(scenario.headline,
                                  fmt::format("headline of scenario {}", scenario.name),
                                  values_for(analysis, row));
}

}  // namespace

std::string headline(const Analysis& analysis, const Row& row) {
  if (!measured(analysis, row).wall_median) {
    return no_number(analysis, row);
  }
  Result<std::string> filled = fill_template(analysis, row);
  if (!filled) {
    filled = catalog::render_template(kStandIn, "headline", values_for(analysis, row));
    OCIBENCH_ASSERT(filled.has_value());
  }
  while (!filled->empty() && (filled->back() == '.' || filled->back() == '\n')) {
    filled->pop_back();
  }
  return fmt::format("{} on {} from commit {}.", *filled, analysis.instance_type,
                     short_git_sha(analysis.git_sha()));
}

std::vector<Finding> all_findings(const Analysis& analysis) {
  std::vector<Finding> findings = analysis.findings;
  for (const Row& row : analysis.rows) {
    if (!measured(analysis, row).wall_median) {
      continue;
    }
    const Result<std::string> filled = fill_template(analysis, row);
    if (!filled) {
      findings.push_back(
          {FindingCode::headline_template, name_of(row.aggregate), filled.error().message});
    }
  }
  return findings;
}

std::string short_git_sha(const std::string& git_sha) {
  const std::size_t digits = git_sha.find_first_not_of("0123456789abcdef");
  const std::size_t hash_digits = std::min(digits, git_sha.size());
  if (hash_digits < kShortShaDigits) {
    return git_sha;
  }
  return git_sha.substr(0, kShortShaDigits) + git_sha.substr(hash_digits);
}

}  // namespace ocibench::coordinator
