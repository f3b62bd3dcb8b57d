#pragma once

#include "coordinator/analysis/campaign_state.hpp"

namespace ocibench::coordinator {

// What runs beside another on the same cores is slower for it. Whether lanes of one host did is
// seen in what was recorded, whatever the campaign asked for: an agent that was given up may have
// worked on. Agents of one host stamp by one clock.

/// Last part of replay(): fills `neighbours` of every trial, from all attempts, also those that do
/// not count. A host that gives no identity is nobody's neighbour.
void find_neighbours(CampaignState& state);

}  // namespace ocibench::coordinator
