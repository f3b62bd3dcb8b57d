#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench tools list|check|install`. Not valid but incomplete when a tool that was asked for is
/// not usable here, or could not be installed. Errors: as of reading the catalog; not_found.
Result<ExitCode> tools_command(const ToolsOptions& options);

}  // namespace ocibench::coordinator
