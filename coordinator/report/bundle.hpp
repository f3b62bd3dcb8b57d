#pragma once

#include <filesystem>
#include <string>

#include "common/durable/record_log.hpp"
#include "common/error.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/producer.hpp"

namespace ocibench::coordinator {

/// More bundles than this with one name are an error of the caller.
inline constexpr int kMaxBundleSuffix = 1000;

/// What bundles are filed by; each is fit for a path.
struct BundlePlace {
  std::string git_sha;
  std::string instance_type;
  std::string corpus_sha;
};
BundlePlace place_of(const Analysis& analysis);

/// Writes `<root>/<git sha>/<instance type>/<corpus sha>/<start of the campaign>/` with the files
/// of bundle_files(), producer.json, samples/, logs/, a copy of the journal and SHA256SUMS, and
/// returns its path. `producer` is who writes it.
/// It is written under another name beside, synced, and renamed: either all of it is there or
/// nothing. An existing bundle is never touched; a taken name gets "-2", "-3", ...
///
/// Requires: `analysis` is analyse_journal(journal). Errors: io, limit (kMaxBundleSuffix).
Result<std::filesystem::path> write_bundle(durable::RecordLog& journal, const Analysis& analysis,
                                           const Producer& producer,
                                           const std::filesystem::path& root);

}  // namespace ocibench::coordinator
