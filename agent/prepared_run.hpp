#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/expected_images.hpp"
#include "agent/judge.hpp"
#include "agent/process/process_runner.hpp"
#include "agent/target/target_registry.hpp"
#include "agent/trial_context.hpp"
#include "agent/verification.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// The tool is killed when its working directory's file system has less than this.
inline constexpr std::uint64_t kMinFreeBytes = 256'000'000;
/// Kept of each output stream; the rest is counted.
inline constexpr std::uint64_t kMaxToolLogBytes = 16'000'000;

/// What stands ready for one run of the tool. The target stops when it goes.
struct PreparedRun {
  std::filesystem::path directory;  ///< of this run alone
  std::unique_ptr<RegistryInstance> target;
  std::string source_host;             ///< where the tool finds the source ...
  std::string target_host;             ///< ... and the target: "127.0.0.1:5002"
  std::uint64_t files_when_ready = 0;  ///< in the target's storage, when it began to serve
  std::uint64_t files_before = 0;      ///< in the target's storage, when the tool starts
  /// What the untimed run came to, where the scenario has one; only complete is ready to measure.
  std::optional<Outcome> untimed;
  /// Invalid, when something that the run is to bring is at the target before it starts.
  std::optional<Outcome> found_before;
  std::vector<std::filesystem::path> untimed_logs;
  ExpectedImages expected;  ///< at the target before and after the run
  /// What the runs of this iteration may leave at a target that outlives it.
  std::vector<ExpectedImage> may_leave;
  std::vector<std::string> marks;  ///< for the iteration
  Command command;

  /// Why it is not to be run; nullptr when it is ready.
  [[nodiscard]] const Outcome* obstacle() const {
    if (untimed && untimed->kind != OutcomeKind::complete) {
      return &*untimed;
    }
    return found_before ? &*found_before : nullptr;
  }
  [[nodiscard]] std::filesystem::path artifacts() const { return directory / "artifacts"; }
};

/// Brings source, target and the tool's own state to where the scenario wants them, and makes the
/// command; last of all it proves that what the run is to bring is not there. Returns the populate
/// phase's note. A tool that fails in its untimed run is no error, nor is a target that is not
/// empty: see PreparedRun::obstacle(). Requires: start_target() succeeded.
Result<std::string> populate(TrialContext& trial, std::uint32_t index, PreparedRun& run);

/// Runs a command that nobody measures. Errors: those of ProcessRunner, never the tool's.
Result<ProcessReport> run_unwatched(const TrialContext& trial, const Command& command);

/// The body of the verify phase: what the target holds after the run goes to `findings`, also when
/// the check fails. Errors: those of ContentAccess::verify.
Result<std::string> verify_run(TrialContext& trial, const PreparedRun& run,
                               TargetFindings& findings);

/// Number of files below a directory, as far as they can be seen.
std::uint64_t count_files(const std::filesystem::path& directory);

}  // namespace ocibench::agent
