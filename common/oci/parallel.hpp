#pragma once

#include <cstddef>
#include <functional>

#include "common/error.hpp"

namespace ocibench::oci {

/// Does one job of a list, given its index.
using Worker = std::function<Result<void>(std::size_t)>;

/// Does jobs 0..`jobs`-1 in up to `threads` threads, each with a worker of its own from
/// `make_worker` (called in that thread). The first error stops the rest and is returned.
Result<void> run_parallel(std::size_t threads, std::size_t jobs,
                          const std::function<Result<Worker>()>& make_worker);

}  // namespace ocibench::oci
