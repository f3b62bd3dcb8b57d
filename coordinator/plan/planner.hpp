#pragma once

#include <map>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

/// The corpus as a campaign works on it.
struct CorpusState {
  ResolvedCorpus lock;
  /// By share (Scenario::moved_share): what the tags name that the source moves.
  std::map<double, std::vector<ResolvedImage>> moved;
};

/// Resolves every default and orders the trials: scenario by scenario, each first observed (where
/// the campaign asks for it) and then round by round, within a round every size and tool once in an
/// order drawn from the seed. With `latin-square` a tool's lane is another in each round. Pure: the
/// same input gives the same plan, on every machine. Where the campaign sets no deadline it is the
/// wait for an agent plus the time that the trials need when each uses its time-outs up once.
/// Requires: corpus.moved has the share of every scenario that moves tags. Errors: not_found for a
/// name that the catalog lacks, bad_input when a tool cannot place the corpus's images or no
/// agent would take a trial (check_assignment()), limit above what plan_bounds.hpp allows.
Result<Plan> make_plan(const Campaign& campaign, const catalog::Catalog& catalog,
                       const CorpusState& corpus);

}  // namespace ocibench::coordinator
