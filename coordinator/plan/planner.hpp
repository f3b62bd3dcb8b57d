#pragma once

#include "common/catalog/catalog.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "coordinator/plan/plan.hpp"

namespace ocibench::coordinator {

inline constexpr std::size_t kMaxTrials = 10'000;

/// Resolves every default and orders the trials: scenario by scenario, round by round, within a
/// round every tool once in an order drawn from the seed. Pure: the same input gives the same plan,
/// on every machine. Where the campaign sets no deadline it is the wait for an agent plus the time
/// that the trials need when each uses its time-outs up once. Errors: not_found for a name that the
/// catalog lacks, bad_input when a tool cannot place the corpus's images, limit above kMaxTrials.
Result<Plan> make_plan(const Campaign& campaign, const catalog::Catalog& catalog,
                       const ResolvedCorpus& lock);

}  // namespace ocibench::coordinator
