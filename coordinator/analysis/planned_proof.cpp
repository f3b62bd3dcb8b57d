#include "coordinator/analysis/planned_proof.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

/// More are in no image that anybody has seen, and each is another proof to be worked out.
constexpr std::size_t kMaxPossiblePlatforms = 64;

/// What a tool copies when it copies one platform only, for every machine that it may run on. The
/// empty one stands for all: that of a machine which no image is made for.
std::set<std::string> possible_platforms(const Plan& plan, const PlannedScenario& scenario) {
  std::set<std::string> platforms = {""};
  for (const std::vector<ResolvedImage>* images : {&plan.lock.images, &scenario.moved}) {
    for (const ResolvedImage& image : *images) {
      for (const ManifestInfo& manifest : image.manifests) {
        if (platforms.size() < kMaxPossiblePlatforms) {
          platforms.insert(manifest.platform);
        }
      }
    }
  }
  return platforms;
}

std::uint32_t fewest_blobs(std::vector<ExpectedContent> contents) {
  for (ExpectedContent& content : contents) {
    content.image.repository.clear();
  }
  return expected_proof(contents).blobs;
}

PlannedScenario scenario_of(const Plan& plan, const Trial& trial) {
  const auto found = std::ranges::find(plan.scenarios, trial.scenario, &PlannedScenario::name);
  return found == plan.scenarios.end() ? PlannedScenario{} : *found;
}

PlannedProof make_planned_proof(const Plan& plan, const Trial& trial,
                                std::optional<Platforms> copied,
                                const std::optional<std::string>& platform) {
  const PlannedScenario scenario = scenario_of(plan, trial);
  const bool all =
      copied == Platforms::all || (!copied && plan.comparability.work == WorkKind::normalised);
  std::set<std::string> platforms;
  if (all) {
    platforms = {""};
  } else if (copied == Platforms::host && platform) {
    platforms = {*platform};
  } else {
    platforms = possible_platforms(plan, scenario);
  }
  const ResolvedCorpus lock = first_images(plan.lock, trial.images);
  PlannedProof planned{.steps = scenario.steps, .older_plan = !copied};
  for (const std::string& each : platforms) {
    const ExpectedStates states = expected_states(lock, scenario.steps, scenario.moved, each);
    const ResolvedCorpus images = one_platform(lock, each);
    const std::uint64_t bytes = blob_bytes_to_bring(states);
    const CopiedBytes here{unique_bytes(images), per_repository_bytes(images)};
    const bool first = planned.any_of.empty();
    planned.bytes_to_bring = first ? bytes : std::min(planned.bytes_to_bring, bytes);
    planned.copied = first ? here : widened(planned.copied, here);
    planned.any_of.push_back({expected_proof(states.after), fewest_blobs(states.after)});
  }
  return planned;
}

std::string other_number(std::string_view what, std::uint64_t proven, std::uint64_t planned) {
  return fmt::format("its proof is of {} {} where the plan has {}", proven, what, planned);
}

std::string difference_from(const Verification& proof, const AcceptedProof& accepted,
                            bool older_plan) {
  const ExpectedProof& planned = accepted.proof;
  if (proof.images_expected != planned.images) {
    return other_number("images", proof.images_expected, planned.images);
  }
  if (proof.manifests_expected != planned.manifests) {
    return other_number("manifests", proof.manifests_expected, planned.manifests);
  }
  const std::uint32_t fewest = older_plan ? accepted.fewest_blobs : planned.blobs;
  if (proof.blobs_expected < fewest || proof.blobs_expected > planned.blobs) {
    return other_number("blobs", proof.blobs_expected, planned.blobs);
  }
  if (proof.bytes_proven != planned.bytes) {
    return other_number("bytes", proof.bytes_proven, planned.bytes);
  }
  if (proof.content_sha256.empty()) {
    return older_plan ? "" : "its proof has no digest of what was found";
  }
  return proof.content_sha256 == planned.content_sha256
             ? ""
             : fmt::format("the digest of what was found is {}, and by the plan {}",
                           proof.content_sha256, planned.content_sha256);
}

}  // namespace

CopiedBytes widened(const CopiedBytes& one, const CopiedBytes& other) {
  return {std::min(one.least, other.least), std::max(one.most, other.most)};
}

std::string difference(const Verification& proof, const PlannedProof& planned) {
  std::string first;
  for (const AcceptedProof& accepted : planned.any_of) {
    std::string differs = accepted.proof.images == 0
                              ? "the plan has nothing to copy"
                              : difference_from(proof, accepted, planned.older_plan);
    if (differs.empty()) {
      return "";
    }
    first = first.empty() ? std::move(differs) : std::move(first);
  }
  return first;
}

const PlannedProof& PlannedProofs::of(const Trial& trial,
                                      const std::optional<std::string>& platform) {
  const auto tool = std::ranges::find(plan_.tools, trial.tool, &PlannedTool::name);
  const std::optional<Platforms> copied =
      tool == plan_.tools.end() ? std::nullopt : tool->platforms;
  const Key key(trial.scenario, trial.images, copied,
                copied == Platforms::host ? platform : std::nullopt);
  auto known = known_.find(key);
  if (known == known_.end()) {
    known = known_.emplace(key, make_planned_proof(plan_, trial, copied, platform)).first;
  }
  return known->second;
}

}  // namespace ocibench::coordinator
