#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "agent/time_budget.hpp"
#include "agent/verification.hpp"
#include "common/error.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

struct BlobProbe {
  std::uint32_t asked = 0;
  std::uint32_t present = 0;  ///< answered as being there

  friend bool operator==(const BlobProbe&, const BlobProbe&) = default;
};

/// The largest so many of the images' different blobs are asked for: they decide how long an upload
/// takes, and a probe must not use up a quota.
inline constexpr std::size_t kProbedBlobs = 32;

/// HEADs blobs in the repositories that the images are expected in. Any answer but 200 counts as
/// absent: registries differ in what they say of a repository that does not exist yet. Errors:
/// those of TimeBudget.
Result<BlobProbe> probe_blobs(const oci::Endpoint& target, const std::vector<ExpectedImage>& images,
                              const TimeBudget& budget);

}  // namespace ocibench::agent
