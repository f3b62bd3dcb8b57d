#include "coordinator/report/summary_md.hpp"

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/units.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

std::string verdict_section(const Analysis& analysis) {
  std::string text = fmt::format("# {}\n\n", verdict_line(analysis.verdict));
  if (analysis.verdict.interrupted) {
    text += "A person stopped the campaign; what had been measured is here.\n\n";
  }
  for (const std::string& reason : analysis.verdict.reasons) {
    text += fmt::format("- {}\n", markdown_plain(reason));
  }
  return analysis.verdict.reasons.empty() ? text : text + "\n";
}

std::string headlines_section(const Analysis& analysis) {
  std::string text = "## Results\n\n";
  for (const PlannedScenario& scenario : analysis.plan.scenarios) {
    text += fmt::format("**{}**: {}\n\n", markdown_plain(scenario.name),
                        markdown_plain(scenario.question));
    for (const Row& row : analysis.rows) {
      if (row.aggregate.scenario == scenario.name && !row.aggregate.calibration) {
        text += fmt::format("- {}\n", markdown_plain(headline(analysis, row)));
      }
    }
    text += "\n";
  }
  return text;
}

std::string origin_section(const Analysis& analysis) {
  const Plan& plan = analysis.plan;
  const auto& started = analysis.state.started;
  return fmt::format(
      "Campaign {} ({}), started {}, commit {}, machine {}, corpus {} ({} images, {} unique, {} "
      "per repository, sha {}). Prefixes are decimal: 1 MB is 1 000 000 bytes.\n\n",
      markdown_plain(plan.campaign_name), started ? markdown_plain(started->campaign.str()) : "-",
      started ? format_rfc3339(started->at) : "-", markdown_code(analysis.git_sha()),
      markdown_plain(analysis.instance_type), markdown_plain(plan.corpus.name),
      plan.lock.images.size(), format_bytes(unique_bytes(plan.lock)),
      format_bytes(per_repository_bytes(plan.lock)), markdown_code(plan.corpus_sha.substr(0, 12)));
}

}  // namespace

std::string summary_md(const Analysis& analysis) {
  return verdict_section(analysis) + caveats_section(analysis) + headlines_section(analysis) +
         origin_section(analysis) + missing_section(analysis) + comparison_section(analysis) +
         numbers_section(analysis) + overhead_section(analysis) + egress_section(analysis) +
         observations_section(analysis) + prewarm_section(analysis) + target_section(analysis) +
         findings_section(analysis) + settings_section(analysis) + subjects_section(analysis) +
         environment_section(analysis) + reproduce_section(analysis) + exclusions_section();
}

}  // namespace ocibench::coordinator
