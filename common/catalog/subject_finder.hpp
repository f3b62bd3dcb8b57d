#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/program.hpp"
#include "common/catalog/render.hpp"
#include "common/error.hpp"
#include "common/model/subject.hpp"

namespace ocibench::catalog {

/// Runs a program shortly and returns what it printed, whatever its exit status.
/// Errors: it could not be run or did not end.
using ProbeProgram = std::function<Result<std::string>(const std::vector<std::string>& argv)>;

/// An executable of this host and what it is.
struct FoundProgram {
  std::filesystem::path binary;
  SubjectIdentity identity;                             ///< command and config_text still empty
  std::map<std::string, std::filesystem::path> needed;  ///< binaries of what it needs, by name
};

/// Finds the programs of a catalog on this host.
class SubjectFinder {
 public:
  SubjectFinder(ProgramPlaces places, ProbeProgram probe);

  /// Where it is, its version and its sha256. A program that cannot tell its version and was not
  /// installed by us is named by its sha256. Requires: it needs no other.
  /// Errors: unavailable (not installed, cannot be run, does not tell a version) with what to do,
  /// io.
  [[nodiscard]] Result<FoundProgram> find(const Program& program) const;
  /// With what the tool needs. Errors: as above, for each of them; not_found.
  [[nodiscard]] Result<FoundProgram> find(const Catalog& catalog, const ToolDefinition& tool) const;

 private:
  /// All but the label.
  [[nodiscard]] Result<FoundProgram> identify(const Program& program) const;
  [[nodiscard]] Result<std::string> version_of(const Program& program,
                                               const BinaryIdentity& binary) const;

  ProgramPlaces places_;
  ProbeProgram probe_;
};

/// Completes an identity by what is run: the command shell-quoted, the files one after the other,
/// each below a line with its name when there are several.
SubjectIdentity with_command(SubjectIdentity identity, const RenderedCommand& command);

}  // namespace ocibench::catalog
