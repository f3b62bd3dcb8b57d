#pragma once

#include <vector>

#include "agent/time_budget.hpp"
#include "common/catalog/render.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/model/iteration.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// Reads the target as a stranger would and compares it with the lock, image by image at its
/// destination: the tag names the locked digest; every manifest below it is there; every config and
/// layer of them is there in that repository. A blob is read back in full and hashed once per
/// registry; a blob of the same digest in a further repository shares its stored bytes in every
/// registry we know, so there it is asked for by HEAD and its size compared.
///
/// What is absent, damaged or unreadable is a finding, not an error.
/// Requires: `placed` is place_images() of `lock`. Errors: unavailable when the registry does not
/// answer at all, those of TimeBudget.
Result<Verification> verify_target(const oci::Endpoint& target, const ResolvedCorpus& lock,
                                   const std::vector<catalog::PlacedImage>& placed,
                                   const TimeBudget& budget);

}  // namespace ocibench::agent
