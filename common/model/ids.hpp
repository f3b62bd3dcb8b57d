#pragma once

#include "common/strong_id.hpp"

namespace ocibench {

using CampaignId = StrongId<struct CampaignIdTag>;  ///< "20261121T201500Z-3f9a1c"
using AgentName = StrongId<struct AgentNameTag>;    ///< one lane; the ZeroMQ routing id
using BootId = StrongId<struct BootIdTag>;          ///< one life of an agent's spool, random hex
using TrialId = StrongId<struct TrialIdTag>;        ///< "cold/skopeo/r1", unique in a campaign

}  // namespace ocibench
