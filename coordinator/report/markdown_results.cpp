#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "common/units.hpp"
#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/comparison_text.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

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
    const Aggregate& cell = row.aggregate;
    text += fmt::format("| {} | {} |", markdown_plain(point_text(cell.scenario, cell.images)),
                        markdown_plain(cell.tool));
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

std::string time_cells(const Aggregate& cell) {
  const Summary* wall = cell.find("wall_s");
  if (wall == nullptr) {
    return " - | - | - | - | - |";
  }
  return fmt::format(" {} | {} | {} | {} | {} |", four_digits(wall->median), four_digits(wall->p10),
                     four_digits(wall->p90), interval_text(*wall, 1), four_digits(wall->mad));
}

std::string median_cells(const Aggregate& cell, std::span<const NumberColumn> columns) {
  std::string text;
  for (const NumberColumn& column : columns) {
    text += fmt::format(" {} |", median_text(cell, column.key, column.unit));
  }
  return text + "\n";
}

/// Two header lines; `columns` come after `first`.
std::string table_head(std::string_view first, std::span<const NumberColumn> columns) {
  std::string text = fmt::format("| {} |", first);
  for (const NumberColumn& column : columns) {
    text += fmt::format(" {} |", column.title);
  }
  const auto bars = static_cast<std::size_t>(std::ranges::count(text, '|'));
  text += "\n|";
  for (std::size_t i = 1; i < bars; ++i) {
    text += "---|";
  }
  return text + "\n";
}

std::string numbers_of_one_tool(const Analysis& analysis) {
  std::string text;
  for (const PlannedScenario& scenario : analysis.plan.scenarios) {
    const bool sizes = !scenario.sizes.empty();
    text += fmt::format("### {}\n\n{}", markdown_plain(scenario.name),
                        table_head(fmt::format("subject | {}n | wall s p50 | p10 | p90 | interval "
                                               "of p50 | MAD",
                                               sizes ? "images | " : ""),
                                   kMedianColumns));
    for (const Row& row : analysis.rows) {
      const Aggregate& cell = row.aggregate;
      if (cell.scenario == scenario.name && !cell.calibration) {
        text += fmt::format("| {} | {}{} of {} |{}{}", markdown_plain(row.label),
                            sizes ? fmt::format("{} | ", cell.images) : "", cell.complete,
                            cell.planned, time_cells(cell), median_cells(cell, kMedianColumns));
      }
    }
    text += "\n";
  }
  return text;
}

/// A table for each tool: beside each other, memory and CPU would be read as a comparison. Time and
/// sent bytes are in the comparison.
std::string numbers_by_tool(const Analysis& analysis) {
  const auto resources = std::span(kMedianColumns).subspan(1);
  std::string text;
  for (const PlannedTool& tool : analysis.plan.tools) {
    if (tool.calibration) {
      continue;
    }
    text += fmt::format("### {}\n\n{}", markdown_plain(tool.name),
                        table_head("scenario | n", resources));
    for (const Row& row : analysis.rows) {
      const Aggregate& cell = row.aggregate;
      if (cell.tool == tool.name) {
        text += fmt::format("| {} | {} of {} |{}",
                            markdown_plain(point_text(cell.scenario, cell.images)), cell.complete,
                            cell.planned, median_cells(cell, resources));
      }
    }
    text += "\n";
  }
  return text;
}

/// One line for each scenario and size, and more where tools have to bring different content.
std::string floor_lines(const Analysis& analysis) {
  std::string text;
  std::string last;
  for (const Row& row : analysis.rows) {
    if (row.aggregate.calibration) {
      continue;
    }
    std::string line = fmt::format(
        "- {}: {}\n", markdown_plain(point_text(row.aggregate.scenario, row.aggregate.images)),
        floor_sentence(row.floor));
    if (line != last) {
      text += line;
    }
    last = std::move(line);
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
  if (!analysis.comparisons.empty()) {
    return "## Each tool by itself\n\nCPU and memory say why a tool takes its time; they follow "
           "from how it is built, and are not compared. Medians over the complete iterations; a "
           "dash is unmeasured.\n\n" +
           numbers_by_tool(analysis);
  }
  return "## Numbers\n\nMedians over the complete iterations (n of planned), pooled over rounds; "
         "lower is better for wall and bytes. A dash is unmeasured, never zero. p10 and p90 by "
         "linear interpolation (type 7); the interval of the median is of order statistics, with "
         "its coverage, from n = 6 on; MAD is the median absolute deviation.\n\n" +
         numbers_of_one_tool(analysis);
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
        "- {}, {}: {} (median, {} of {}){}\n",
        markdown_plain(point_text(row.aggregate.scenario, row.aggregate.images)),
        markdown_plain(row.aggregate.tool),
        wall == nullptr ? "no number" : four_digits(wall->median) + " s", row.aggregate.complete,
        row.aggregate.planned,
        row.aggregate.tool == kNullTool ? ": our own overhead per iteration, spawn to reap" : "");
  }
  return text + (any ? "\n" : "Unknown: no calibration tool was run.\n\n");
}

std::string egress_section(const Analysis& analysis) {
  std::string text = "## Are the bytes plausible?\n\n";
  const std::string floors = floor_lines(analysis);
  if (!floors.empty()) {
    text +=
        "An iteration that sent less than its scenario needs has no number: its content came "
        "another way.\n\n" +
        floors + "\n";
  }
  for (const Row& row : analysis.rows) {
    if (!row.aggregate.calibration) {
      text += fmt::format("- {}, {}: {}\n",
                          markdown_plain(point_text(row.aggregate.scenario, row.aggregate.images)),
                          markdown_plain(row.label), markdown_plain(row.egress.sentence));
    }
  }
  return text + "\n";
}

}  // namespace ocibench::coordinator
