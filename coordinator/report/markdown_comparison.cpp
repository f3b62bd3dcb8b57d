#include <algorithm>

#include <fmt/format.h>

#include "common/units.hpp"
#include "coordinator/plan/comparison_design.hpp"
#include "coordinator/report/comparison_text.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

std::string number_or_dash(const std::optional<double>& value, double unit = 1) {
  return value ? four_digits(*value / unit) : "-";
}

/// How sure the printed intervals are; all rest on equally many rounds.
std::string coverage_text(const Analysis& analysis) {
  for (const PointComparison& comparison : analysis.comparisons) {
    for (const PairComparison& pair : comparison.pairs) {
      if (pair.withheld.empty() && pair.ratio->interval) {
        return fmt::format(", with an interval that covers it with {:.1f} %, for the pair alone",
                           pair.ratio->interval->coverage * 100);
      }
    }
  }
  return "";
}

std::string concurrency_text(const Comparability& comparability) {
  return comparability.concurrency ? fmt::format("matched to {}", *comparability.concurrency)
                                   : "as each tool is shipped";
}

std::string design_text(const Analysis& analysis) {
  const Plan& plan = analysis.plan;
  return fmt::format(
      "Only wall clock and sent bytes are compared. Rounds: {}; in each, every tool once, in an "
      "order drawn from seed {}; planned lanes: {}, {}. Concurrency: {}; work: {}. A round is one "
      "observation: the median of its {} iterations.\n\n"
      "n counts iterations. In p50, p10 and p90 one without a result counts as worse than every "
      "one with a result; a dash: so many are missing that it is no number. The ratio is that of "
      "Hodges and Lehmann{}. p: Mann-Whitney over the rounds, two-sided; Holm: corrected for the "
      "whole family of this report (pairs: {}). `~`: nothing can be said at {:.0f} %.\n\n",
      plan.rounds, plan.seed, plan.lanes, markdown_plain(plan.rotation),
      concurrency_text(plan.comparability), to_string(plan.comparability.work), plan.iterations,
      coverage_text(analysis), compared_pairs(plan).size(), kSignificance * 100);
}

std::string pair_cells(const PairComparison& pair) {
  if (!pair.withheld.empty()) {
    return fmt::format(" {} | withheld | |", pair.ratio ? ratio_text(*pair.ratio) : "-");
  }
  return fmt::format(" {}{} | {}{} | {} |", ratio_with_interval(*pair.ratio),
                     pair.claim == Claim::none ? " ~" : "", p_text(pair.test->p),
                     pair.test->exact ? "" : " (approximate)", p_text(*pair.p_holm));
}

/// The label, and before it the name that the sentences use where it does not begin with that.
std::string name_and_label(const Analysis& analysis, const std::string& tool) {
  const auto row = std::ranges::find_if(analysis.rows,
                                        [&](const Row& one) { return one.aggregate.tool == tool; });
  if (row == analysis.rows.end() || row->label.starts_with(tool)) {
    return row == analysis.rows.end() ? tool : row->label;
  }
  return fmt::format("{}: {}", tool, row->label);
}

std::string tool_row(const Analysis& analysis, const PointComparison& comparison,
                     const ToolNumbers& numbers) {
  const auto pair = std::ranges::find(comparison.pairs, numbers.tool, &PairComparison::tool);
  return fmt::format("| {} | {} of {} | {} | {} | {} | {} |{}\n",
                     markdown_plain(name_and_label(analysis, numbers.tool)), numbers.complete,
                     numbers.planned, number_or_dash(numbers.wall_s_median),
                     number_or_dash(numbers.wall_s_p10), number_or_dash(numbers.wall_s_p90),
                     number_or_dash(numbers.tx_bytes_median, kBytesPerMB),
                     pair == comparison.pairs.end() ? " baseline | | |" : pair_cells(*pair));
}

}  // namespace

std::string comparison_section(const Analysis& analysis) {
  if (analysis.comparisons.empty()) {
    return "";
  }
  std::string text = "## Comparison\n\n" + design_text(analysis);
  for (const PointComparison& comparison : analysis.comparisons) {
    text += fmt::format(
        "### {}\n\n| tool | n | wall s p50 | p10 | p90 | sent MB p50 | time relative to {} | p | "
        "Holm |\n|---|---|---|---|---|---|---|---|---|\n",
        markdown_plain(point_text(comparison.point.scenario, comparison.point.images)),
        markdown_plain(analysis.plan.baseline));
    for (const ToolNumbers& numbers : comparison.tools) {
      text += tool_row(analysis, comparison, numbers);
    }
    text += "\n";
    for (const auto& sentences :
         {supported_sentences(analysis, comparison), withheld_sentences(analysis, comparison),
          observed_sentences(comparison)}) {
      for (const std::string& sentence : sentences) {
        text += fmt::format("- {}\n", markdown_plain(sentence));
      }
    }
    text += "\n";
  }
  return text;
}

}  // namespace ocibench::coordinator
