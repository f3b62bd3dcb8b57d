#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "coordinator/analysis/verdict.hpp"

namespace ocibench::coordinator {

/// What a bundle that holds together says.
struct BundleCheck {
  std::size_t files = 0;  ///< with a right checksum and, but for the journal, derived again
  Verdict verdict;        ///< of the campaign, as derived from the journal
  std::vector<std::string> warnings;  ///< files that are no part of a bundle
};

/// Checks every file against SHA256SUMS, then derives every text file and every artefact from
/// journal.sqlite again and compares byte for byte, so that checksums made anew after a change are
/// found out too. A bundle of another version of the schema may fail here and be sound.
/// Errors: bad_input naming the file and what is wrong with it, not_found, io.
Result<BundleCheck> verify_bundle(const std::filesystem::path& bundle);

}  // namespace ocibench::coordinator
