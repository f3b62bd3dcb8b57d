#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench keygen`. Errors: bad_input, conflict, io, unavailable.
Result<ExitCode> keygen_command(const KeygenOptions& options);

}  // namespace ocibench::coordinator
