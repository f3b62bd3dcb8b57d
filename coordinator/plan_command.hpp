#pragma once

#include <filesystem>
#include <string>

#include "common/catalog/catalog.hpp"
#include "common/error.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/options.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// A campaign, read, resolved and planned.
struct PreparedCampaign {
  std::filesystem::path data_directory;
  std::string toml;  ///< empty when it did not come from a file
  Plan plan;
};

/// What is installed beside the programs.
struct LoadedData {
  std::filesystem::path directory;
  catalog::Catalog catalog;
};

/// Errors: those of find_data_directory and of Catalog::load.
Result<LoadedData> load_data(const CommonOptions& common);

/// Locks the corpus by digest (made in the cache, or asked of its registry) and plans the campaign.
/// Errors: those of resolve_corpus and of make_plan.
Result<PreparedCampaign> plan_campaign(const CommonOptions& common, const LoadedData& data,
                                       const Campaign& campaign);

/// Reads `campaign` and everything that it names, and plans it. Errors: those of the readers and of
/// plan_campaign().
Result<PreparedCampaign> prepare_campaign(const CommonOptions& common,
                                          const std::filesystem::path& campaign);

/// `ocibench plan`.
Result<ExitCode> plan_command(const PlanOptions& options);

}  // namespace ocibench::coordinator
