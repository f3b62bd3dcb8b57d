#pragma once

#include <string>
#include <vector>

#include "coordinator/plan/plan.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::testing_support {

/// skopeo, crane and null, five iterations each.
coordinator::Plan example_plan();

/// What happened: skopeo's first agent was lost after two iterations, reported one more when it was
/// too late, and a second attempt ran to its end with one marked iteration; crane failed once and
/// left its log; null ran. 14 of 15 complete. Ends with the end of the campaign.
JournalBuilder example_journal(const coordinator::Plan& plan, const std::string& plan_json);

/// One scenario, "scale", with the first image and with both, three rounds of three iterations of
/// each tool.
coordinator::Plan two_sizes_plan(const std::vector<std::string>& tools);

/// All of it complete, on one lane. A trial takes about 1 s for each image.
JournalBuilder two_sizes_journal(const coordinator::Plan& plan);

}  // namespace ocibench::testing_support
