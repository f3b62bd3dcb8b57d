#pragma once

#include "agent/options.hpp"
#include "common/error.hpp"

namespace ocibench::agent {

/// `ocibench-agent --check`: prints what this host lacks. valid when it is fit, else incomplete.
/// Errors: bad_input and not_found (the catalog).
Result<ExitCode> check_command(const CheckOptions& options);

}  // namespace ocibench::agent
