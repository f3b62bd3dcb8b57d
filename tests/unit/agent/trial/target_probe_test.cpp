#include "agent/target_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const BlobInfo kBase{"sha256:base", 100};

ExpectedImage put_at(const std::string& repository, const std::string& name, BlobInfo layer) {
  return {.image = {.repository = "source",
                    .tag = "1",
                    .digest = "sha256:" + name,
                    .manifests = {{.digest = "sha256:" + name, .blobs = {kBase, layer}}}},
          .repository = repository};
}

const ExpectedImage kOld = put_at("t/a", "old", {"sha256:old-layer", 5});
const ExpectedImage kNew = put_at("t/a", "new", {"sha256:new-layer", 7});

TEST(Awaited, IsEverythingWhereNothingIsProven) {
  const Awaited all = awaited({}, {kOld});
  EXPECT_THAT(all.manifests, ElementsAre(AwaitedManifest{"t/a", "1", "sha256:old"},
                                         AwaitedManifest{"t/a", "sha256:old", "sha256:old"}));
  EXPECT_THAT(all.blobs,
              ElementsAre(AwaitedBlob{"t/a", kBase}, AwaitedBlob{"t/a", {"sha256:old-layer", 5}}));
}

TEST(Awaited, IsNothingTwice) {
  EXPECT_EQ(awaited({}, {kOld, kOld}).manifests.size(), 2U);
  EXPECT_EQ(awaited({}, {kOld, kOld}).blobs.size(), 2U);
}

TEST(Awaited, IsNothingWhereTheSameIsProven) {
  EXPECT_THAT(awaited({kOld}, {kOld}).manifests, IsEmpty());
  EXPECT_THAT(awaited({kOld}, {kOld}).blobs, IsEmpty());
}

TEST(Awaited, IsWhatATagNamesNewAndItsNewBlobs) {
  ExpectedImage stays = kOld;
  stays.named = Named::by_digest;
  const Awaited moved = awaited({kOld}, {kNew, stays});
  EXPECT_THAT(moved.manifests, ElementsAre(AwaitedManifest{"t/a", "1", "sha256:new"},
                                           AwaitedManifest{"t/a", "sha256:new", "sha256:new"}));
  EXPECT_THAT(moved.blobs, ElementsAre(AwaitedBlob{"t/a", {"sha256:new-layer", 7}}));
}

TEST(Awaited, KnowsWhatAnotherRepositoryHas) {
  ExpectedImage other = kOld;
  other.repository = "t-other/a";
  const Awaited second = awaited({kOld}, {other, kOld});
  EXPECT_THAT(second.blobs, ElementsAre(AwaitedBlob{"t-other/a", kBase, true},
                                        AwaitedBlob{"t-other/a", {"sha256:old-layer", 5}, true}));
  EXPECT_EQ(second.manifests.size(), 2U);
}

TEST(Awaited, KeepsTheLargestBlobsEachOnce) {
  Awaited many;
  for (std::uint64_t i = 0; i < 2 * kProbedBlobs; ++i) {
    many.blobs.push_back({"t/a", {"sha256:" + std::to_string(i), i}});
    many.blobs.push_back({"t/b", {"sha256:" + std::to_string(i), i}});
  }
  keep_largest_blobs(many);
  ASSERT_EQ(many.blobs.size(), kProbedBlobs);
  EXPECT_EQ(many.blobs.front().blob.size_bytes, 2 * kProbedBlobs - 1);
  EXPECT_EQ(many.blobs.back().blob.size_bytes, kProbedBlobs);
}

}  // namespace
}  // namespace ocibench::agent
