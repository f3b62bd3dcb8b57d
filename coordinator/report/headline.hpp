#pragma once

#include <string>
#include <vector>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

/// The scenario's headline template, filled for a scenario and tool, and where it was measured:
/// "skopeo 1.9.3 copies 262 MB in 1.72 s (p50, N=5, p10 1.68 s, p90 1.80 s) on local-2cpu from
/// commit abc1234." N is "3 of 5" where iterations are missing. In a report of several tools
/// an iteration without a result counts as slower than all others. Without a median the sentence
/// says that there is no number and why; with a template that cannot be filled, a plain
/// sentence stands in (and all_findings() tells).
std::string headline(const Analysis& analysis, const Row& row);

/// The analysis's findings and those of templates that could not be filled.
std::vector<Finding> all_findings(const Analysis& analysis);

/// "abc1234", with "-dirty" where it was; the text itself when it is no hexadecimal hash.
std::string short_git_sha(const std::string& git_sha);

}  // namespace ocibench::coordinator
