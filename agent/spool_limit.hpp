#pragma once

#include <cstdint>
#include <vector>

#include "agent/session.hpp"
#include "common/model/ids.hpp"

namespace ocibench::agent {

/// What the spool keeps of other campaigns than those that are at work, all together. They may be
/// resumed, so that their records are kept until their own coordinator has them; but a campaign
/// that never comes back must not hold the disk for ever.
inline constexpr std::uint64_t kMaxOtherCampaignsBytes = 1'000'000'000;

/// Which streams to drop while the campaigns of `kept` are at work: those of others that are
/// acknowledged whole, and the oldest of others while these have more than `max_bytes`.
/// `streams` is the spool, oldest first; `own` is the process that still writes to it.
std::vector<SpooledStream> streams_to_drop(const std::vector<SpooledStream>& streams,
                                           const std::vector<CampaignId>& kept, const BootId& own,
                                           std::uint64_t max_bytes = kMaxOtherCampaignsBytes);

}  // namespace ocibench::agent
