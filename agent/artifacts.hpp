#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/trial_log.hpp"

namespace ocibench::agent {

/// Tells the files as ArtifactChunks under their own names, a raw log (`*.log`) compressed first as
/// `*.log.gz` beside it. Files that do not exist are skipped; those beyond `max_bytes` are cut.
/// Returns marks for the iteration: what was cut or could not be read.
std::vector<std::string> upload_artifacts(const std::vector<std::filesystem::path>& files,
                                          std::uint32_t iteration, TrialLog& log,
                                          std::uint64_t max_bytes = kMaxArtifactBytes);

}  // namespace ocibench::agent
