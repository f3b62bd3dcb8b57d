#pragma once

#include <string>

#include "coordinator/analysis/analysis.hpp"

namespace ocibench::coordinator {

// The sections of summary.md, each with its heading, ending in a blank line.

// What was measured (markdown_results.cpp).
std::string missing_section(const Analysis& analysis);
/// With one tool: everything of it. With several: what comparison_section leaves out, by tool.
std::string numbers_section(const Analysis& analysis);
std::string overhead_section(const Analysis& analysis);
std::string egress_section(const Analysis& analysis);

/// Tools side by side (markdown_comparison.cpp); empty when fewer than two copy.
std::string comparison_section(const Analysis& analysis);

// What was observed (markdown_observations.cpp); empty where nothing was to be.
std::string observations_section(const Analysis& analysis);

// How to take it (markdown_context.cpp).
std::string prewarm_section(const Analysis& analysis);
/// Empty where the target was local.
std::string target_section(const Analysis& analysis);
std::string caveats_section(const Analysis& analysis);
std::string findings_section(const Analysis& analysis);
std::string settings_section(const Analysis& analysis);
std::string subjects_section(const Analysis& analysis);
std::string environment_section(const Analysis& analysis);
std::string reproduce_section(const Analysis& analysis);
std::string exclusions_section();

}  // namespace ocibench::coordinator
