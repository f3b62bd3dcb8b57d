#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/trial_log.hpp"

namespace ocibench::agent {

/// What the files of one iteration may take together; a flood of output must not fill the spools.
inline constexpr std::uint64_t kMaxArtifactBytes = 32'000'000;

/// Tells the files as ArtifactChunks under their own names, a raw log (`*.log`) compressed first as
/// `*.log.gz` beside it. Files that do not exist are skipped; those beyond `max_bytes` are cut.
/// Returns marks for the iteration: what was cut or could not be read.
std::vector<std::string> upload_artifacts(const std::vector<std::filesystem::path>& files,
                                          std::uint32_t iteration, TrialLog& log,
                                          std::uint64_t max_bytes = kMaxArtifactBytes);

}  // namespace ocibench::agent
