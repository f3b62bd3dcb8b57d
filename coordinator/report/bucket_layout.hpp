#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/report/bundle.hpp"
#include "coordinator/report/checksums.hpp"

namespace ocibench::coordinator {

/// A file of a bundle, and where it goes in a bucket.
struct BucketFile {
  std::string file;  ///< within the bundle
  std::string key;
  std::string sha256;
};

/// Where bundles lie in a bucket (docs/reference/bucket-layout.md):
///   <prefix>/bundles/<git sha>/<instance type>/<corpus sha>/<run>/...  as on disk
///   <prefix>/iterations/git_sha=.../instance_type=.../corpus_sha=.../run=.../iterations.csv
/// The second is one table over all bundles, partitioned as Hive does it. In the order in which
/// they are to be uploaded: SHA256SUMS only after all that it lists, and what is queried last of
/// all, so what can be seen is whole.
class BucketLayout {
 public:
  /// `prefix` has no slashes at its ends; `run` is the name of the bundle's folder.
  BucketLayout(std::string_view prefix, BundlePlace place, std::string_view run);

  /// Of the bundle as it is on disk, with a final slash.
  [[nodiscard]] const std::string& bundle_prefix() const { return bundle_prefix_; }
  /// Of its part of the table, with a final slash.
  [[nodiscard]] const std::string& table_prefix() const { return table_prefix_; }
  /// `files` are all but SHA256SUMS, whose own digest is `checksums_sha256`.
  [[nodiscard]] std::vector<BucketFile> files(const Checksums& files,
                                              const std::string& checksums_sha256) const;

 private:
  std::string bundle_prefix_;
  std::string table_prefix_;
};

/// A key with that prefix, or the bare key without one.
std::string below(std::string_view prefix, std::string_view key);

}  // namespace ocibench::coordinator
