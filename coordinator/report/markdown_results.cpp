#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/units.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

constexpr double kBytesPerMB = static_cast<double>(kMB);

const TrialState* find_trial(const Analysis& analysis, const Aggregate& cell, std::uint32_t round) {
  const auto& trials = analysis.state.trials;
  const auto found = std::ranges::find_if(trials, [&](const TrialState& trial) {
    return cell.covers(trial.trial) && trial.trial.kind == TrialKind::measure &&
           trial.trial.round == round;
  });
  return found == trials.end() ? nullptr : &*found;
}

std::string grid_cell(const TrialState* trial) {
  if (trial == nullptr) {
    return "-";
  }
  const std::string count =
      fmt::format("{}/{}", trial->complete_iterations(), trial->trial.iterations);
  return trial->outcome.kind == OutcomeKind::complete
             ? count
             : fmt::format("{} {}", count, to_string(trial->outcome.kind));
}

std::string grid(const Analysis& analysis) {
  std::string text = "| scenario | tool |";
  std::string rule = "|---|---|";
  for (std::uint32_t round = 1; round <= analysis.plan.rounds; ++round) {
    text += fmt::format(" round {} |", round);
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Row& row : analysis.rows) {
    text += fmt::format("| {} | {} |", markdown_plain(row.aggregate.scenario),
                        markdown_plain(row.aggregate.tool));
    for (std::uint32_t round = 1; round <= analysis.plan.rounds; ++round) {
      text += fmt::format(" {} |", grid_cell(find_trial(analysis, row.aggregate, round)));
    }
    text += "\n";
  }
  return text + "\n";
}

/// One line for each run of iterations that miss for one reason.
std::string causes(const TrialState& trial) {
  std::string text;
  const auto& counted = trial.counted;
  for (std::size_t first = 0; first < counted.size();) {
    std::size_t next = first + 1;
    while (next < counted.size() && counted[next].outcome == counted[first].outcome) {
      ++next;
    }
    const Iteration& iteration = counted[first];
    if (iteration.outcome.kind != OutcomeKind::complete) {
      const std::string which = next - first == 1
                                    ? fmt::format("iteration {}", iteration.index)
                                    : fmt::format("iterations {} to {}", iteration.index, next);
      text +=
          fmt::format("- {} {}: {}: {}", markdown_plain(trial.trial.id.str()), which,
                      to_string(iteration.outcome.kind), markdown_plain(iteration.outcome.cause));
      const AttemptState* attempt = trial.shown_attempt();
      const std::string evidence =
          attempt == nullptr ? std::string() : evidence_path(attempt->id, iteration);
      text += evidence.empty() ? "\n" : fmt::format(" ({})\n", markdown_code(evidence));
    }
    first = next;
  }
  return text;
}

std::string interval_text(const Summary& summary, double unit) {
  if (!summary.median_interval) {
    return "-";
  }
  return fmt::format("{} .. {} ({:.1f} %)", four_digits(summary.median_interval->low / unit),
                     four_digits(summary.median_interval->high / unit),
                     summary.median_interval->coverage * 100);
}

std::string median_text(const Aggregate& cell, std::string_view key, double unit) {
  const Summary* summary = cell.find(key);
  return summary == nullptr ? "-" : four_digits(summary->median / unit);
}

struct NumberColumn {
  std::string_view title;
  std::string_view key;
  double unit;
};

constexpr std::array kMedianColumns = {
    NumberColumn{"sent MB", "tx_bytes", kBytesPerMB},
    NumberColumn{"received MB", "rx_bytes", kBytesPerMB},
    NumberColumn{"CPU s", "cpu_s", 1},
    NumberColumn{"CPU % p95", "cpu_percent_p95", 1},
    NumberColumn{"memory peak MB", "memory_peak_bytes", kBytesPerMB},
    NumberColumn{"RSS MB p95", "rss_bytes_p95", kBytesPerMB},
    NumberColumn{"proven MB", "bytes_proven", kBytesPerMB},
    NumberColumn{"sampler CPU s", "sampler_cpu_s", 1},
};

std::string number_row(const Aggregate& cell, std::string_view first) {
  std::string text =
      fmt::format("| {} | {} of {} |", markdown_plain(first), cell.complete, cell.planned);
  if (const Summary* wall = cell.find("wall_s")) {
    text +=
        fmt::format(" {} | {} | {} | {} | {} |", four_digits(wall->median), four_digits(wall->p10),
                    four_digits(wall->p90), interval_text(*wall, 1), four_digits(wall->mad));
  } else {
    text += " - | - | - | - | - |";
  }
  for (const NumberColumn& column : kMedianColumns) {
    text += fmt::format(" {} |", median_text(cell, column.key, column.unit));
  }
  return text + "\n";
}

std::string number_table(std::string_view title, std::string_view first) {
  std::string text =
      fmt::format("### {}\n\n| {} | n | wall s p50 | p10 | p90 | interval of p50 | MAD |",
                  markdown_plain(title), first);
  std::string rule = "|---|---|---|---|---|---|---|";
  for (const NumberColumn& column : kMedianColumns) {
    text += fmt::format(" {} |", column.title);
    rule += "---|";
  }
  return text + "\n" + rule + "\n";
}

/// A table for each scenario.
std::string numbers_of_one_tool(const Analysis& analysis) {
  std::string text;
  for (const PlannedScenario& scenario : analysis.plan.scenarios) {
    text += number_table(scenario.name, "subject");
    for (const Row& row : analysis.rows) {
      if (row.aggregate.scenario == scenario.name && !row.aggregate.calibration) {
        text += number_row(row.aggregate, row.label);
      }
    }
    text += "\n";
  }
  return text;
}

/// A table for each tool: beside each other, memory and CPU would be read as a comparison.
std::string numbers_by_tool(const Analysis& analysis) {
  std::string text;
  for (const PlannedTool& tool : analysis.plan.tools) {
    if (tool.calibration) {
      continue;
    }
    text += number_table(tool.name, "scenario");
    for (const Row& row : analysis.rows) {
      if (row.aggregate.tool == tool.name) {
        text += number_row(row.aggregate, row.aggregate.scenario);
      }
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string missing_section(const Analysis& analysis) {
  std::string text = "## What is missing and why\n\n";
  std::string list;
  for (const TrialState& trial : analysis.state.trials) {
    list += causes(trial);
  }
  if (list.empty()) {
    text += fmt::format("Nothing: all {} planned iterations are complete.\n\n",
                        analysis.verdict.planned);
    return text + grid(analysis);
  }
  return text + grid(analysis) + list + "\n";
}

std::string numbers_section(const Analysis& analysis) {
  static constexpr std::string_view kHowToRead =
      "Medians over the complete iterations (n of planned), pooled over rounds; lower is better "
      "for wall and bytes. A dash is unmeasured, never zero. p10 and p90 by linear interpolation "
      "(type 7); the interval of the median is of order statistics, with its coverage, from n = 6 "
      "on; MAD is the median absolute deviation.\n\n";
  if (analysis.comparisons.empty()) {
    return fmt::format("## Numbers\n\n{}{}", kHowToRead, numbers_of_one_tool(analysis));
  }
  return fmt::format(
      "## Each tool by itself\n\nCPU and memory say why a tool takes its time; they follow from "
      "how it is built, and are not compared. {}{}",
      kHowToRead, numbers_by_tool(analysis));
}

std::string overhead_section(const Analysis& analysis) {
  std::string text = "## Harness overhead\n\n";
  bool any = false;
  for (const Row& row : analysis.rows) {
    if (!row.aggregate.calibration) {
      continue;
    }
    any = true;
    const Summary* wall = row.aggregate.find("wall_s");
    text += fmt::format(
        "- {}, {}: {} (median, {} of {}){}\n", markdown_plain(row.aggregate.scenario),
        markdown_plain(row.aggregate.tool),
        wall == nullptr ? "no number" : four_digits(wall->median) + " s", row.aggregate.complete,
        row.aggregate.planned,
        row.aggregate.tool == kNullTool ? ": our own overhead per iteration, spawn to reap" : "");
  }
  return text + (any ? "\n" : "Unknown: no calibration tool was run.\n\n");
}

std::string egress_section(const Analysis& analysis) {
  std::string text = "## Are the bytes plausible?\n\n";
  for (const Row& row : analysis.rows) {
    if (!row.aggregate.calibration) {
      text += fmt::format("- {}, {}: {}\n", markdown_plain(row.aggregate.scenario),
                          markdown_plain(row.label), markdown_plain(row.egress.sentence));
    }
  }
  return text + "\n";
}

}  // namespace ocibench::coordinator
