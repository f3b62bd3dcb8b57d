#include "coordinator/plan_command.hpp"

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/data_directory.hpp"
#include "common/file.hpp"
#include "common/host.hpp"
#include "common/oci/moved_images.hpp"
#include "common/oci/resolve.hpp"
#include "coordinator/plan/plan_text.hpp"
#include "coordinator/plan/planner.hpp"

namespace ocibench::coordinator {
namespace {

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

Result<LoadedData> load_data(const CommonOptions& common) {
  if (auto named = check_default_folders(common.cache_directory, common.tools_directory); !named) {
    return tl::unexpected(named.error());
  }
  auto directory = catalog::find_data_directory(common.data_directory, executable_path());
  if (!directory) {
    return tl::unexpected(directory.error());
  }
  return catalog::Catalog::load(*directory).map([&](catalog::Catalog&& catalog) {
    return LoadedData{*std::move(directory), std::move(catalog)};
  });
}

Result<PreparedCampaign> plan_campaign(const CommonOptions& common, const LoadedData& data,
                                       const Campaign& campaign) {
  auto corpus = data.catalog.corpus(campaign.corpus);
  if (!corpus) {
    return tl::unexpected(corpus.error());
  }
  auto state = resolve(campaign, data.catalog, **corpus,
                       {.cache_directory = common.cache_directory,
                        .access = oci::registry_access_from_environment()});
  if (!state) {
    return fail(state.error(), fmt::format("resolving the corpus {}", campaign.corpus));
  }
  return make_plan(campaign, data.catalog, *state).map([&](Plan&& plan) {
    return PreparedCampaign{.data_directory = data.directory, .plan = std::move(plan)};
  });
}

Result<PreparedCampaign> prepare_campaign(const CommonOptions& common,
                                          const std::filesystem::path& campaign_file) {
  auto data = load_data(common);
  if (!data) {
    return tl::unexpected(data.error());
  }
  auto toml = read_file(campaign_file, kMaxCampaignBytes);
  if (!toml) {
    return fail(toml.error(), "reading the campaign");
  }
  auto campaign = parse_campaign(*toml, campaign_file.string(), data->catalog);
  if (!campaign) {
    return tl::unexpected(campaign.error());
  }
  auto prepared = plan_campaign(common, *data, *campaign);
  if (prepared) {
    prepared->toml = *std::move(toml);
  }
  return prepared;
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
