#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/content_access.hpp"
#include "agent/observe/nginx_recorder.hpp"
#include "agent/process/linux_process_runner.hpp"
#include "agent/target/local_registry.hpp"
#include "agent/target/world_registry.hpp"
#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/model/assignment.hpp"
#include "tests/support/trial_fakes.hpp"

namespace ocibench::agent {

/// A lane with nothing faked but its coordinator: real registries, real tools, a catalog of its
/// own. Tools are as isolated as this host allows it.
class TrialWorld {
 public:
  /// `access`: how registries are reached that the corpus or the target names.
  explicit TrialWorld(const oci::RegistryAccess& access = {});

  /// A tool that is a shell script, to which the catalog's templates apply.
  void add_script(const std::string& name, const std::string& script);
  /// Every image of scenarios/corpora/tiny.toml, or of `spec`.
  void use_corpus(const CorpusSpec& spec);
  [[nodiscard]] const ResolvedCorpus& lock() const { return assignment.lock; }

  /// One trial of one iteration, unless `assignment` says otherwise. Requires: it tells its end.
  void run(const std::string& tool);
  [[nodiscard]] Iteration only_iteration() const;

  /// Starts one registry outside of any trial.
  Result<std::unique_ptr<RegistryInstance>> start_registry(std::uint64_t content_bytes = 0);
  [[nodiscard]] const catalog::RegistryDefinition& registry_definition();
  /// The shipped definitions and those that were added. None can be added afterwards.
  [[nodiscard]] const catalog::Catalog& catalog();

  /// Nothing of ours may outlive a trial: names what does.
  [[nodiscard]] std::vector<std::string> leftovers() const;

  TemporaryDirectory directory;
  SystemClock clock;
  catalog::SubjectFinder subjects;
  std::unique_ptr<LocalRegistry> registries;
  NginxRecorder recorder;
  LinuxProcessRunner runner;
  oci::CorpusContext corpora;
  RegistryContentAccess content;
  WorldRegistries world_registries;
  RemoteRegistries* remotes = &world_registries;  ///< for a target that is not local
  Cancellation cancellation;
  RecordingReporter reporter;
  Assignment assignment;

 private:
  std::optional<catalog::Catalog> catalog_;
  int registries_started_ = 0;
};

/// Moves this process into a network namespace of its own, in which only "lo" exists: nobody else's
/// bytes are counted there. False where that is not allowed.
bool enter_private_network();

}  // namespace ocibench::agent
