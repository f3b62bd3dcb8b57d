#pragma once

#include <optional>
#include <string>

#include "agent/process/process_runner.hpp"
#include "common/catalog/tool.hpp"
#include "common/model/iteration.hpp"
#include "common/model/outcome.hpp"

namespace ocibench::agent {

/// What is known of the target after a run.
struct TargetFindings {
  std::optional<Verification> verification;  ///< absent for calibration tools, or when it failed
  std::string verification_error;            ///< why it failed
  bool touched = false;  ///< its storage holds files that were not there before the run
};

/// The verdict over one iteration that was measured. An exit status alone never makes it complete:
/// without proof it is invalid. It is so too when processes had left the tool's tree: what they did
/// was in no account, and they could have gone on in the next run.
Outcome judge(const catalog::ToolDefinition& tool, const ProcessReport& report,
              const TargetFindings& findings);

}  // namespace ocibench::agent
