#include "coordinator/report/bucket_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::coordinator {
namespace {

using ::testing::ElementsAre;

const BundlePlace kPlace{"1ac5502", "c6in.4xlarge", "710ff07b0330"};

std::vector<std::string> keys(const BucketLayout& layout) {
  std::vector<std::string> keys;
  for (const BucketFile& file : layout.files({{"iterations.csv", "1"}, {"logs/a.gz", "2"}}, "3")) {
    keys.push_back(file.key);
  }
  return keys;
}

TEST(BucketLayout, KeepsTheBundleAsItIsAndAddsItToATable) {
  EXPECT_THAT(
      keys(BucketLayout("bench", kPlace, "20261122T043225Z")),
      ElementsAre("bench/bundles/1ac5502/c6in.4xlarge/710ff07b0330/20261122T043225Z/iterations.csv",
                  "bench/bundles/1ac5502/c6in.4xlarge/710ff07b0330/20261122T043225Z/logs/a.gz",
                  "bench/bundles/1ac5502/c6in.4xlarge/710ff07b0330/20261122T043225Z/SHA256SUMS",
                  "bench/iterations/git_sha=1ac5502/instance_type=c6in.4xlarge/"
                  "corpus_sha=710ff07b0330/run=20261122T043225Z/iterations.csv"));
}

TEST(BucketLayout, NeedsNoPrefix) {
  EXPECT_EQ(BucketLayout("", kPlace, "now").bundle_prefix(),
            "bundles/1ac5502/c6in.4xlarge/710ff07b0330/now/");
}

TEST(BucketLayout, KeepsTheDigestOfEachFile) {
  const auto files = BucketLayout("b", kPlace, "now").files({{"iterations.csv", "1"}}, "3");
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].sha256, "1");
  EXPECT_EQ(files[1].sha256, "3");
  EXPECT_EQ(files[2].sha256, "1");
  EXPECT_EQ(files[2].file, "iterations.csv");
}

}  // namespace
}  // namespace ocibench::coordinator
