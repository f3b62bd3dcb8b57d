#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "agent/time_budget.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "common/oci/client.hpp"
#include "common/oci/endpoint.hpp"

namespace ocibench::agent {

/// What the headers of an answer say about a content delivery network.
enum class EdgeCache {
  unknown,  ///< no header of a cache
  miss,     ///< a cache is in the way and did not have it
  hit,      ///< served by the edge: x-cache, cf-cache-status, age
};
EdgeCache edge_cache(const oci::ResponseFacts& facts);

struct PrewarmReport {
  std::uint32_t manifests = 0;
  std::uint32_t blobs = 0;
  std::uint64_t bytes = 0;         ///< read and verified once
  std::uint32_t cached_blobs = 0;  ///< blobs with headers of a cache; 0: not applicable
  std::uint32_t hit_blobs = 0;     ///< of them, those that a cache had in the end
  std::uint32_t passes = 1;        ///< over what was not a hit
  std::set<std::string> edges;     ///< names of the points of presence that answered
  std::string quota_remaining;     ///< ratelimit-remaining of the last answer that had it
};

/// "262 MB in 24 blobs read and verified; no CDN headers: not applicable".
std::string describe(const PrewarmReport& report);

/// Brings every cache between here and the source to a known temperature: HEADs every tag and GETs
/// every manifest and every unique blob of the corpus whole, through redirects, checking digest and
/// size and dropping the bytes. HEAD and Range alone fill no cache reliably, and caches are per
/// edge, so each lane does it for itself. Where headers tell of a cache, further passes ask for
/// what was no hit: at most kPrewarmPasses in all; the report says how far it came. Errors: those
/// of Client and TimeBudget; conflict when a tag has moved since the lock.
Result<PrewarmReport> prewarm(const oci::Endpoint& source, const ResolvedCorpus& lock,
                              const TimeBudget& budget);

inline constexpr std::uint32_t kPrewarmPasses = 3;

}  // namespace ocibench::agent
