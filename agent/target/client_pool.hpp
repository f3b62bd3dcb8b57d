#pragma once

#include <cstddef>
#include <functional>

#include "common/error.hpp"
#include "common/oci/client.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// Threads with a connection each that read from one registry.
inline constexpr std::size_t kReaders = 4;

/// Called from several threads, with another `item` each time.
using ReadItem = std::function<Result<void>(oci::Client& client, std::size_t item)>;

/// Calls `read` once for each item in [0, items), in any order. The first error stops the rest and
/// is returned.
Result<void> read_all(const oci::Endpoint& endpoint, std::size_t items, const ReadItem& read);

}  // namespace ocibench::agent
