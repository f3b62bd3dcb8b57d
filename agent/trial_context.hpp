#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/sync_trial.hpp"
#include "agent/target/target_registry.hpp"
#include "agent/time_budget.hpp"
#include "agent/trial_log.hpp"
#include "common/catalog/render.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/file.hpp"
#include "common/model/phase.hpp"

namespace ocibench::agent {

/// One trial under way. Members from `directory` on are what set_up() leaves.
struct TrialContext {
  TrialContext(const TrialParts& trial_parts, const TrialSettings& trial_settings,
               const Assignment& trial_assignment, TrialReporter& reporter,
               const Cancellation& trial_cancellation)
      : parts(trial_parts),
        settings(trial_settings),
        assignment(trial_assignment),
        cancellation(trial_cancellation),
        lock(first_images(assignment.lock, assignment.trial.images)),
        log({assignment.trial.id, assignment.attempt}, reporter),
        budget(parts.clock, cancellation, assignment.trial.overhead_timeout) {}

  const TrialParts& parts;
  const TrialSettings& settings;
  const Assignment& assignment;
  const Cancellation& cancellation;
  const ResolvedCorpus lock;  ///< as far as this trial works on it
  TrialLog log;
  TimeBudget budget;

  std::optional<TemporaryDirectory> directory;
  const catalog::ToolDefinition* tool = nullptr;
  const catalog::RegistryDefinition* registry = nullptr;
  catalog::FoundProgram subject;
  std::unique_ptr<RegistryInstance> source_registry;  ///< null when the source is remote
  oci::Endpoint source;
  std::optional<oci::Endpoint> remote_target;  ///< empty when each run starts its own

  [[nodiscard]] const TargetSpec& target() const { return assignment.registry.target; }
  [[nodiscard]] RegistryTransport transport() const {
    return assignment.registry.tls ? RegistryTransport::tls : RegistryTransport::plain_http;
  }
  [[nodiscard]] bool wants_credentials() const {
    return source.credentials || (remote_target && remote_target->credentials);
  }
  [[nodiscard]] bool copies() const { return tool->kind == catalog::ToolKind::sync; }
  /// Errors: those of the budget and of the log.
  [[nodiscard]] Result<void> may_go_on() const {
    return log.result().and_then([this] { return budget.check(); });
  }
};

/// What is done in a phase, as a note for the records.
using PhaseBody = std::function<Result<std::string>()>;

/// Runs an untimed phase within the budget and tells that it ended, with the body's note or the
/// error's message. Errors: those of the body, prefixed by the phase.
Result<void> run_untimed(TrialContext& trial, Phase phase, std::uint32_t iteration,
                         const PhaseBody& body);

/// Starts a registry of the trial's definition in a new directory. Errors: as TargetRegistry.
Result<std::unique_ptr<RegistryInstance>> start_registry(TrialContext& trial, RegistryRole role,
                                                         const std::filesystem::path& directory);

/// The namespace at the target that an iteration has to itself: "bench/r1-i3", or one that no other
/// campaign, trial or attempt has used where the target outlives the iteration.
std::string run_prefix(const TrialContext& trial, std::uint32_t iteration);
/// The same of an earlier attempt. Requires: a remote target.
std::string run_prefix_of(const TrialContext& trial, std::uint32_t attempt,
                          std::uint32_t iteration);

/// What the trial's tool is told, but for the registries and the directories.
Result<catalog::ToolContext> tool_context(const TrialContext& trial, const std::string& prefix);

}  // namespace ocibench::agent
