#pragma once

#include <filesystem>
#include <string>

#include "common/catalog/catalog.hpp"
#include "common/error.hpp"
#include "coordinator/options.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// A campaign file, read, resolved and planned.
struct PreparedCampaign {
  std::filesystem::path data_directory;
  std::string toml;
  Plan plan;
};

/// Reads `campaign` and everything that it names, locks its corpus by digest (made in the cache, or
/// asked of its registry) and plans it. Errors: those of the readers, of resolve_corpus and of
/// make_plan.
Result<PreparedCampaign> prepare_campaign(const CommonOptions& common,
                                          const std::filesystem::path& campaign);

/// `ocibench plan`.
Result<ExitCode> plan_command(const PlanOptions& options);

}  // namespace ocibench::coordinator
