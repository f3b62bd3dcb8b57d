#include "coordinator/plan_command.hpp"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/data_directory.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/resolve.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/plan/plan_text.hpp"
#include "coordinator/plan/planner.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::uint64_t kMaxCampaignBytes = 1024 * 1024;

}  // namespace

Result<PreparedCampaign> prepare_campaign(const CommonOptions& common,
                                          const std::filesystem::path& campaign_file) {
  auto data = catalog::find_data_directory(common.data_directory, executable_path());
  if (!data) {
    return tl::unexpected(data.error());
  }
  auto catalog = catalog::Catalog::load(*data);
  if (!catalog) {
    return tl::unexpected(catalog.error());
  }
  auto toml = read_file(campaign_file, kMaxCampaignBytes);
  if (!toml) {
    return fail(toml.error(), "reading the campaign");
  }
  auto campaign = parse_campaign(*toml, campaign_file.string(), *catalog);
  if (!campaign) {
    return tl::unexpected(campaign.error());
  }
  auto corpus = catalog->corpus(campaign->corpus);
  if (!corpus) {
    return tl::unexpected(corpus.error());
  }
  auto lock = oci::resolve_corpus(**corpus, {.cache_directory = common.cache_directory});
  if (!lock) {
    return fail(lock.error(), fmt::format("resolving the corpus {}", campaign->corpus));
  }
  auto plan = make_plan(*campaign, *catalog, *lock);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  return PreparedCampaign{*data, std::move(*toml), std::move(*plan)};
}

Result<ExitCode> plan_command(const PlanOptions& options) {
  auto prepared = prepare_campaign(options.common, options.campaign);
  if (!prepared) {
    return tl::unexpected(prepared.error());
  }
  const std::string text = options.common.output == Output::json
                               ? dump_json(to_json(prepared->plan))
                               : plan_text(prepared->plan);
  std::fputs(text.c_str(), stdout);
  return ExitCode::valid;
}

}  // namespace ocibench::coordinator
