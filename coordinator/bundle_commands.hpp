#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench report`: the report of a bundle, derived again from its journal. The exit code is the
/// verdict's.
Result<ExitCode> report_command(const ReportOptions& options);

/// `ocibench verify`: hashes, and every file derived again. Exit code 1 when something differs.
Result<ExitCode> verify_command(const VerifyOptions& options);

}  // namespace ocibench::coordinator
