#pragma once

#include <cstdint>
#include <map>
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
  hit,      ///< served by the edge (CloudFront, Fastly: x-cache; cf-cache-status; age)
};
EdgeCache edge_cache(const oci::ResponseFacts& facts);

/// What is to be warmed, and what for.
struct PrewarmRequest {
  const oci::Endpoint& source;
  const ResolvedCorpus& lock;
  std::uint32_t runs = 1;  ///< of the tool in this trial: each pulls the corpus again
};

struct PrewarmReport {
  std::uint32_t manifests = 0;
  std::uint32_t blobs = 0;
  std::uint64_t bytes = 0;         ///< read and verified once
  std::uint32_t cached_blobs = 0;  ///< blobs with headers of a cache; 0: not applicable
  std::uint64_t cached_bytes = 0;
  std::uint32_t hit_blobs = 0;  ///< of them, those that a cache had in the end
  std::uint64_t hit_bytes = 0;
  std::uint32_t passes = 1;                    ///< over what was not a hit
  std::set<std::string> edges;                 ///< names of the points of presence that answered
  std::map<std::string, std::uint64_t> hosts;  ///< who has sent how many of `bytes`
  std::uint32_t throttled = 0;                 ///< answers 429 on the way
  std::string quota_remaining;  ///< ratelimit-remaining of the last answer that had it

  /// Whether kWarmShare of the bytes that a cache can have are hits.
  [[nodiscard]] bool is_warm() const;
};

/// "262 MB in 24 blobs read and verified; no CDN headers: not applicable".
std::string describe(const PrewarmReport& report);

/// Brings every cache between here and the source to a known temperature: HEADs every tag and GETs
/// every manifest and every unique blob of the corpus whole, through redirects, checking digest and
/// size and dropping the bytes. HEAD and Range alone fill no cache reliably, and caches are per
/// edge, so each lane does it for itself. Where headers tell of a cache, further passes ask for
/// what was no hit: at most kPrewarmPasses in all, until kWarmShare of the bytes are hits; the
/// report says how far it came. Errors: those of Client and TimeBudget; conflict when a tag has
/// moved since the lock; limit, before any manifest is read, when the source says that it will not
/// answer as many requests for manifests as this and the tool's runs need at least.
Result<PrewarmReport> prewarm(const PrewarmRequest& request, const TimeBudget& budget);

inline constexpr std::uint32_t kPrewarmPasses = 3;
inline constexpr double kWarmShare = 0.95;

}  // namespace ocibench::agent
