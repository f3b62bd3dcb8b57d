#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/catalog/catalog.hpp"
#include "common/catalog/corpus_file.hpp"
#include "common/catalog/registry.hpp"
#include "common/catalog/scenario.hpp"
#include "common/catalog/tool.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/plan/plan_text.hpp"
#include "coordinator/plan/planner.hpp"

using ocibench::catalog::Catalog;

namespace {

const Catalog& shipped() {
  static const Catalog catalog = *Catalog::load(OCIBENCH_SOURCE_DIR);
  return catalog;
}

void plan(const ocibench::coordinator::Campaign& campaign) {
  ocibench::coordinator::CorpusState corpus{
      .lock = {.name = campaign.corpus,
               .images = {{.repository = "lib/a", .tag = "1", .digest = "sha256:0"}}}};
  for (const std::string& scenario : campaign.scenarios) {
    corpus.moved[(*shipped().scenario(scenario))->moved_share] = corpus.lock.images;
  }
  const auto made = ocibench::coordinator::make_plan(campaign, shipped(), corpus);
  if (!made || made->trials.size() > 100) {
    return;
  }
  const auto again = ocibench::coordinator::plan_from_json(to_json(*made));
  OCIBENCH_ASSERT(again && *again == *made);
  OCIBENCH_ASSERT(!ocibench::coordinator::plan_text(*made).empty());
}

}  // namespace

/// Every kind of TOML file that a user writes, whatever the bytes are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view toml(reinterpret_cast<const char*>(bytes), size);
  if (const auto campaign = ocibench::coordinator::parse_campaign(toml, "c.toml", shipped())) {
    plan(*campaign);
  }
  static_cast<void>(ocibench::catalog::parse_tool(toml, "c.toml"));
  static_cast<void>(ocibench::catalog::parse_registry(toml, "c.toml"));
  static_cast<void>(ocibench::catalog::parse_scenario(toml, "c.toml"));
  static_cast<void>(ocibench::catalog::parse_corpus(toml, "c.toml"));
  return 0;
}
