#include "agent/trial_context.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace ocibench::agent {

Result<void> run_untimed(TrialContext& trial, Phase phase, std::uint32_t iteration,
                         const PhaseBody& body) {
  trial.log.reporter().status(phase, iteration);
  trial.budget.begin();
  const Result<std::string> done = body();
  const std::chrono::nanoseconds took = trial.budget.end();
  trial.log.write(PhaseFinished{.id = trial.log.id(),
                                .phase = phase,
                                .iteration = iteration,
                                .took = took,
                                .note = done ? *done : done.error().message});
  return done ? Result<void>() : fail(done.error(), to_string(phase));
}

namespace {

/// What a registry of the trial may have to hold. A tool may copy each image by itself, so what it
/// needs in the end is no bound; and what tags name after they moved comes on top.
std::uint64_t stored_bytes(const TrialContext& trial) {
  const std::uint64_t once =
      per_repository_bytes(trial.lock) + per_repository_bytes({.images = trial.assignment.moved});
  return trial.assignment.steps.destination == Destination::other ? 2 * once : once;
}

}  // namespace

Result<std::unique_ptr<RegistryInstance>> start_registry(TrialContext& trial, RegistryRole role,
                                                         const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", directory.string(), error.message()));
  }
  const RegistrySpec& spec = trial.assignment.registry;
  return trial.parts.registries.start(
      {.definition = *trial.registry,
       .role = role,
       .storage = spec.storage == "memory" ? RegistryStorage::memory : RegistryStorage::disk,
       .transport = trial.transport(),
       .content_bytes = stored_bytes(trial),
       .directory = directory},
      trial.cancellation);
}

std::string run_prefix(const TrialContext& trial, std::uint32_t iteration) {
  return trial.target().kind == TargetKind::local
             ? fmt::format("bench/r{}-i{}", trial.assignment.trial.round, iteration)
             : run_prefix_of(trial, trial.assignment.attempt, iteration);
}

std::string run_prefix_of(const TrialContext& trial, std::uint32_t attempt,
                          std::uint32_t iteration) {
  return unique_prefix(trial.target(), trial.assignment.campaign.str(),
                       trial.assignment.trial.id.str(), attempt, iteration);
}

Result<catalog::ToolContext> tool_context(const TrialContext& trial, const std::string& prefix) {
  catalog::ToolContext context = {.tls = trial.assignment.registry.tls,
                                  .credentials = trial.wants_credentials(),
                                  .prefix = prefix,
                                  .comparability = trial.assignment.comparability,
                                  .needed = trial.subject.needed};
  if (trial.copies()) {
    Result<std::vector<catalog::PlacedImage>> placed =
        catalog::place_images(*trial.tool, trial.lock, context.prefix);
    if (!placed) {
      return tl::unexpected(std::move(placed.error()));
    }
    context.images = std::move(*placed);
  }
  return context;
}

}  // namespace ocibench::agent
