#include "coordinator/report/bundle_files.hpp"

#include "common/json.hpp"
#include "coordinator/report/facts_json.hpp"
#include "coordinator/report/iterations_csv.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/summary_md.hpp"

namespace ocibench::coordinator {

std::vector<BundleFile> bundle_files(const Analysis& analysis) {
  const auto& started = analysis.state.started;
  return {
      {std::string(kCampaignFile), started ? started->campaign_toml : std::string()},
      {std::string(kPlanFile), started ? started->plan_json : std::string()},
      {"environment.json", dump_json(environment_json(analysis))},
      {"subjects.json", dump_json(subjects_json(analysis))},
      {std::string(kIterationsFile), iterations_csv(analysis.state)},
      {"summary.json", dump_json(summary_json(analysis))},
      {"summary.md", summary_md(analysis)},
  };
}

}  // namespace ocibench::coordinator
