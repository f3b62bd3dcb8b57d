#include "agent/spool_limit.hpp"

#include <algorithm>

namespace ocibench::agent {

std::vector<SpooledStream> streams_to_drop(const std::vector<SpooledStream>& streams,
                                           const std::vector<CampaignId>& kept, const BootId& own,
                                           std::uint64_t max_bytes) {
  const auto of_others = [&](const SpooledStream& stream) {
    return std::ranges::find(kept, stream.campaign) == kept.end();
  };
  std::uint64_t bytes = 0;
  for (const SpooledStream& stream : streams) {
    bytes += of_others(stream) ? stream.bytes : 0;
  }
  std::vector<SpooledStream> dropped;
  for (const SpooledStream& stream : streams) {
    const bool empty = stream.first == stream.next;
    // An empty stream of this process knows which number its next record has.
    if (of_others(stream) && (empty ? stream.boot != own : bytes > max_bytes)) {
      bytes -= stream.bytes;
      dropped.push_back(stream);
    }
  }
  return dropped;
}

}  // namespace ocibench::agent
