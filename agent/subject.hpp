#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/program.hpp"
#include "common/catalog/render.hpp"
#include "common/error.hpp"
#include "common/model/subject.hpp"
#include "protocol/messages.hpp"

namespace ocibench::agent {

/// Runs a program shortly and returns what it printed, whatever its exit status.
/// Errors: it could not be run or did not end.
using ProbeProgram = std::function<Result<std::string>(const std::vector<std::string>& argv)>;

/// An executable of this host and what it is.
struct FoundProgram {
  std::filesystem::path binary;
  SubjectIdentity identity;  ///< command and config_text still empty
};

/// Finds the programs of a catalog on this host.
class SubjectFinder {
 public:
  /// `path` is like $PATH.
  SubjectFinder(std::string path, ProbeProgram probe);

  /// Where it is, its version as probed (empty when its output tells none), its sha256.
  /// Errors: unavailable (not installed, cannot be run) with what to do, io.
  [[nodiscard]] Result<FoundProgram> find(const catalog::Program& program) const;

 private:
  std::string path_;
  ProbeProgram probe_;
};

/// What of the catalog can be run here, for Hello.
std::vector<protocol::ToolOffer> probe_catalog(const catalog::Catalog& catalog,
                                               const SubjectFinder& finder);

/// Completes an identity by what is run: the command shell-quoted, the files one after the other,
/// each below a line with its name when there are several.
SubjectIdentity with_command(SubjectIdentity identity, const catalog::RenderedCommand& command);

}  // namespace ocibench::agent
