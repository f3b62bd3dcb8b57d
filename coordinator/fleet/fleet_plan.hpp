#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/json.hpp"
#include "coordinator/campaign/campaign.hpp"

namespace ocibench::coordinator {

/// The machines of a fleet: agents by name, with the tools that each may run. One agent per tool
/// and named after it, where every tool keeps a lane of its own; else lane-1, lane-2 ... that the
/// tools take turns on. Errors: bad_input (too many).
Result<std::map<std::string, std::vector<std::string>>> fleet_agents(const Campaign& campaign);

inline constexpr std::size_t kMaxFleetAgents = 64;     ///< as terraform/modules/plan has it
inline constexpr std::size_t kMaxFleetAgentName = 17;  ///< names of IAM roles end at 64
inline constexpr std::size_t kMaxFleetCampaignName = 24;

/// "202611220440": tells fleets of one campaign apart.
std::string fleet_run(WallTime now);

/// What terraform/aws is told besides the operator's settings: variables as JSON.
/// Errors: bad_input (also a name that AWS's names cannot hold).
Result<Json> fleet_variables(const Campaign& campaign, const std::filesystem::path& campaign_file,
                             WallTime now);

}  // namespace ocibench::coordinator
