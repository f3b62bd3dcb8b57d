#pragma once

#include "common/error.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {

/// `ocibench keys publish` and `ocibench keys fetch`: public keys by way of the parameter store of
/// AWS, so that machines that never met can trust each other. A fetched folder is what `ocibench
/// run
/// --agents` takes. Errors: bad_input (the file is no public key), those of aws::Session and
/// aws::ParameterStore.
Result<ExitCode> keys_command(const KeysOptions& options);

}  // namespace ocibench::coordinator
