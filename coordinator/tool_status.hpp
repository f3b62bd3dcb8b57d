#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/json.hpp"
#include "common/model/subject.hpp"

namespace ocibench::coordinator {

/// One program of the catalog on this machine.
struct ToolStatus {
  const catalog::Program* program = nullptr;
  const catalog::ToolDefinition* tool = nullptr;  ///< null for a registry
  std::string kind;                               ///< "sync", "calibration", "registry"
  bool usable = false;
  std::string reason;                ///< why not
  SubjectIdentity identity;          ///< when usable
  catalog::RenderedCommand example;  ///< of a usable tool: what would be run for two small images
};

/// By name: tools first, then registries. `names` empty: all.
/// Errors: not_found, with the nearest name.
Result<std::vector<ToolStatus>> tool_statuses(const catalog::Catalog& catalog,
                                              const catalog::SubjectFinder& finder,
                                              const std::vector<std::string>& names);

/// A table of at most 80 columns.
std::string list_text(const std::vector<ToolStatus>& statuses);
/// Everything that is known about one.
std::string check_text(const ToolStatus& status);
Json status_json(const ToolStatus& status);

}  // namespace ocibench::coordinator
