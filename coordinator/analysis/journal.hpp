#pragma once

#include <functional>
#include <vector>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "common/model/record.hpp"
#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

/// Every record of the journal in the order of writing. The bytes of artefacts are left out (they
/// can be larger than memory): ArtifactChunk::bytes is empty, everything else is there.
/// Errors: io; bad_input for a stream or a record that cannot be decoded, naming both.
Result<std::vector<JournalEntry>> read_journal(const durable::RecordLog& log);

/// Every record with its bytes, one at a time. Stops at the first error that `visit` returns.
/// Errors: as read_journal, and those of `visit`.
Result<void> visit_journal(const durable::RecordLog& log,
                           const std::function<Result<void>(const JournalEntry&)>& visit);

/// The plan that the campaign was started with.
/// Errors: not_found when the journal does not hold the start, bad_input.
Result<Plan> plan_of(const std::vector<JournalEntry>& journal);

/// The analysis of a journal against the plan that its campaign was started with.
/// Errors: as read_journal; not_found when it does not hold the start; bad_input for the plan.
Result<Analysis> analyse_journal(const durable::RecordLog& log);

}  // namespace ocibench::coordinator
