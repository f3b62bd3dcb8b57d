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

Result<std::unique_ptr<RegistryInstance>> start_registry(TrialContext& trial, RegistryRole role,
                                                         const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) {
    return fail(ErrorCode::io,
                fmt::format("cannot create {}: {}", directory.string(), error.message()));
  }
  const RegistrySpec& spec = trial.assignment.registry;
  // A tool may copy each image by itself: what it needs in the end, then, is no bound.
  return trial.parts.registries.start(
      {.definition = *trial.registry,
       .role = role,
       .storage = spec.storage == "memory" ? RegistryStorage::memory : RegistryStorage::disk,
       .transport = spec.tls ? RegistryTransport::tls : RegistryTransport::plain_http,
       .content_bytes = per_repository_bytes(trial.assignment.lock),
       .directory = directory},
      trial.cancellation);
}

Result<catalog::ToolContext> tool_context(const TrialContext& trial, std::uint32_t iteration) {
  const Assignment& assignment = trial.assignment;
  catalog::ToolContext context = {
      .source = trial.source.host,
      .tls = assignment.registry.tls,
      .prefix = fmt::format("bench/r{}-i{}", assignment.trial.round, iteration),
      .needed = trial.subject.needed};
  if (trial.copies()) {
    Result<std::vector<catalog::PlacedImage>> placed =
        catalog::place_images(*trial.tool, assignment.lock, context.prefix);
    if (!placed) {
      return tl::unexpected(std::move(placed.error()));
    }
    context.images = std::move(*placed);
  }
  return context;
}

}  // namespace ocibench::agent
