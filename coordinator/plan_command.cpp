#include "coordinator/plan_command.hpp"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/data_directory.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/moved_images.hpp"
#include "common/oci/resolve.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/plan/plan_text.hpp"
#include "coordinator/plan/planner.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::uint64_t kMaxCampaignBytes = 1024 * 1024;

/// The corpus locked, and what its tags name where a scenario moves them.
Result<CorpusState> resolve(const Campaign& campaign, const catalog::Catalog& catalog,
                            const CorpusSpec& spec, const oci::CorpusContext& context) {
  auto lock = oci::resolve_corpus(spec, context);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  CorpusState state{.lock = *std::move(lock)};
  for (const std::string& name : campaign.scenarios) {
    const double share = (*catalog.scenario(name))->moved_share;
    if (share == 0 || state.moved.contains(share)) {
      continue;
    }
    auto moved = oci::resolve_moved(spec, state.lock, share, context);
    if (!moved) {
      return fail(moved.error(), fmt::format("scenario {}", name));
    }
    state.moved.emplace(share, *std::move(moved));
  }
  return state;
}

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
  auto state = resolve(*campaign, *catalog, **corpus, {.cache_directory = common.cache_directory});
  if (!state) {
    return fail(state.error(), fmt::format("resolving the corpus {}", campaign->corpus));
  }
  auto plan = make_plan(*campaign, *catalog, *state);
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
