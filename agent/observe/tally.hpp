#pragma once

#include <vector>

#include "agent/observe/access_log.hpp"
#include "common/clock.hpp"
#include "common/model/observation.hpp"

namespace ocibench::agent {

/// What was asked of each side in one run, in the order in which it was answered.
struct RecordedRequests {
  std::vector<LoggedRequest> source;
  std::vector<LoggedRequest> target;

  friend bool operator==(const RecordedRequests&, const RecordedRequests&) = default;
};

/// Counts the requests of a run that was started at `started`. An image is complete when the target
/// first accepts a manifest under its tag. A blob GET is a duplicate when it was answered (200 or
/// 206) although the same blob had been sent in full (200) before, from whichever repository.
/// What was no request (skopeo and crane try TLS before plain http) counts as a connection only; a
/// connection on which nothing came does not count.
WireObservation tally(const RecordedRequests& requests, WallTime started);

}  // namespace ocibench::agent
