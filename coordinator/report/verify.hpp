#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "coordinator/analysis/verdict.hpp"
#include "coordinator/report/producer.hpp"

namespace ocibench::coordinator {

/// What a bundle that holds together says.
struct BundleCheck {
  std::size_t files = 0;      ///< with a right checksum and, but for the journal, derived again
  Verdict verdict;            ///< of the campaign, as derived from the journal
  std::string compared_with;  ///< who wrote it, when the texts were compared by figures; else empty
  std::vector<std::string> warnings;  ///< what is no part of a bundle, or could not be compared
};

/// Checks every file against SHA256SUMS, then derives every text file and every artefact from
/// journal.sqlite again, so that checksums made anew after a change are found out too. Artefacts
/// are compared byte for byte, and so are the texts when `verifier` writes the same ones as the
/// bundle's producer; those of another producer are compared by their figures (figures.hpp).
/// Errors: bad_input naming the file and what is wrong with it, not_found, io.
Result<BundleCheck> verify_bundle(const std::filesystem::path& bundle, const Producer& verifier);

}  // namespace ocibench::coordinator
