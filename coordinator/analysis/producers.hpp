#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "coordinator/analysis/finding.hpp"

namespace ocibench::coordinator {

/// Which programs have written this journal (report/producer.hpp, as text), in the order in which
/// they came to it: the one that began the campaign, and each resume by another than the one
/// before. Kept as a note beside the records, so a bundle has it too. Empty where none was noted.
/// Errors: io.
Result<std::vector<std::string>> producers_of(const durable::RecordLog& journal);

/// Adds `producer` unless it is the last one already. Errors: io.
Result<void> add_producer(durable::RecordLog& journal, std::string_view producer);

/// A finding when several programs have written one journal.
std::optional<Finding> producers_finding(const std::vector<std::string>& producers);

}  // namespace ocibench::coordinator
