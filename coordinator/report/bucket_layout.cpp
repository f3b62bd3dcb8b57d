#include "coordinator/report/bucket_layout.hpp"

#include <fmt/format.h>

#include "coordinator/report/artifacts.hpp"
#include "coordinator/report/bundle_files.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kTable = "iterations.csv";

}  // namespace

std::string below(std::string_view prefix, std::string_view key) {
  return prefix.empty() ? std::string(key) : fmt::format("{}/{}", prefix, key);
}

BucketLayout::BucketLayout(std::string_view prefix, BundlePlace place, std::string_view run)
    : bundle_prefix_(
          below(prefix, fmt::format("bundles/{}/{}/{}/{}/", place.git_sha, place.instance_type,
                                    place.corpus_sha, path_component(run)))),
      table_prefix_(below(
          prefix,
          fmt::format("iterations/git_sha={}/instance_type={}/corpus_sha={}/run={}/", place.git_sha,
                      place.instance_type, place.corpus_sha, path_component(run)))) {}

std::vector<BucketFile> BucketLayout::files(const Checksums& files,
                                            const std::string& checksums_sha256) const {
  std::vector<BucketFile> all;
  for (const auto& [path, sha256] : files) {
    all.push_back({path, bundle_prefix_ + path, sha256});
  }
  const std::string sums(kChecksumsFile);
  all.push_back({sums, bundle_prefix_ + sums, checksums_sha256});
  if (const auto table = files.find(std::string(kTable)); table != files.end()) {
    all.push_back({table->first, table_prefix_ + table->first, table->second});
  }
  return all;
}

}  // namespace ocibench::coordinator
