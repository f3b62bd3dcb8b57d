#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/process/process_runner.hpp"
#include "agent/process/tool_user.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/model/subject.hpp"
#include "common/process/confinement.hpp"

namespace ocibench::agent {

struct IsolationRequest {
  std::filesystem::path work_directory;       ///< exists; tools run in directories below it
  std::vector<std::filesystem::path> hidden;  ///< of no business to tools
  /// The same for what is named so when a tool starts: "/dev/shm/ocibench-registry-".
  std::vector<std::filesystem::path> hidden_beginnings;
  /// Folders with programs that tools need; where none can be bound in, they must be searchable.
  std::vector<std::filesystem::path> programs;
};

/// How tools are kept apart from this agent, its registries, and what those keep: as far as this
/// host allows it. A root agent's tools run as a user of their own, with mounts and process ids of
/// their own where the kernel gives them; others' in a user namespace.
class Isolation {
 public:
  Isolation() = default;  ///< none

  /// Tries it out: what is described as isolated was seen to be so.
  static Isolation establish(IsolationRequest request, const Clock& clock);

  /// For the environment: "a user of their own, own mounts, own processes", or kNotIsolated and the
  /// reason.
  [[nodiscard]] const std::string& description() const { return description_; }
  [[nodiscard]] std::optional<uid_t> user() const { return base_.user; }
  [[nodiscard]] Confinement confine(const Command& command) const;
  /// Gives the command's writable directories to the tool's user. Errors: io.
  [[nodiscard]] Result<void> hand_over(const Command& command) const;

 private:
  [[nodiscard]] Result<void> try_out(const Clock& clock) const;
  [[nodiscard]] Result<void> reach_programs(const Clock& clock) const;

  IsolationRequest request_;
  std::shared_ptr<const ToolUser> user_;  // held as long as any copy is in use
  Confinement base_;
  std::string description_ = kNotIsolated;
};

}  // namespace ocibench::agent
