#include "coordinator/plan/target_text.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

std::string local_registry(const RegistrySpec& registry) {
  return fmt::format("{}, stored {}", registry.name,
                     registry.storage == "memory" ? "in memory" : "on disk");
}

std::uint64_t different_manifests(const ResolvedCorpus& corpus) {
  std::set<std::string> digests;
  for (const ResolvedImage& image : corpus.images) {
    for (const ManifestInfo& manifest : image.manifests) {
      digests.insert(manifest.digest);
    }
  }
  return digests.size();
}

}  // namespace

std::string registries_sentence(const Plan& plan) {
  const RegistrySpec& registry = plan.registry;
  const std::string transport = registry.tls ? "TLS" : "plain HTTP";
  const bool named = std::holds_alternative<ReferenceSpec>(plan.corpus.source);
  const bool local = registry.target.kind == TargetKind::local;
  if (!named && local) {
    return fmt::format("{} on both sides, {}, stored {}", registry.name, transport,
                       registry.storage == "memory" ? "in memory" : "on disk");
  }
  return fmt::format("from {} to {}, {}", named ? plan.lock.source_host : local_registry(registry),
                     local ? local_registry(registry) : to_string(registry.target), transport);
}

std::string pulls_sentence(const Plan& plan) {
  if (!std::holds_alternative<ReferenceSpec>(plan.corpus.source)) {
    return "";
  }
  std::uint64_t total = 0;
  for (const Trial& trial : plan.trials) {
    const auto tool = std::ranges::find(plan.tools, trial.tool, &PlannedTool::name);
    const auto scenario = std::ranges::find(plan.scenarios, trial.scenario, &PlannedScenario::name);
    const bool copies = tool != plan.tools.end() && !tool->calibration;
    const bool twice =
        scenario != plan.scenarios.end() && scenario->steps.populate == Populate::corpus;
    const std::uint64_t runs =
        copies ? std::uint64_t{trial.iterations} * (twice ? 2U : 1U) : std::uint64_t{0};
    total += different_manifests(first_images(plan.lock, trial.images)) * (runs + 1);
  }
  return fmt::format("at least {} requests for manifests to {}, pre-warming included", total,
                     plan.lock.source_host);
}

std::vector<std::string> target_caveats(const TargetSpec& target) {
  if (target.kind == TargetKind::local) {
    return {};
  }
  std::vector<std::string> caveats = {
      fmt::format("{} is not ours alone: what others do there and on the way takes part in every "
                  "number.",
                  target.host),
      "Cold means repositories that nobody has used before. A registry that knows blobs across "
      "repositories may still spare an upload that an earlier run has made; each iteration asks "
      "first and is marked where blobs are there already.",
      "What a killed agent has pushed stays there, below the namespace that has the campaign's id "
      "in its name."};
  if (target.kind == TargetKind::ecr) {
    caveats.emplace_back(
        "Agents in one account and region share its quotas (PutImage: 10/s by default): tools that "
        "run at the same time slow each other down.");
  }
  return caveats;
}

}  // namespace ocibench::coordinator
