#include "common/model/expectation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/sha256.hpp"

namespace ocibench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const BlobInfo kShared{"sha256:shared", 1'000};

ManifestInfo manifest(const std::string& name, const BlobInfo& layer) {
  return {.digest = "sha256:" + name, .size_bytes = 10, .blobs = {kShared, layer}};
}

ResolvedImage image(const std::string& repository, const std::string& name, BlobInfo layer) {
  return {.repository = repository,
          .tag = "1",
          .digest = "sha256:" + name,
          .manifests = {manifest(name, layer)}};
}

const ResolvedImage kA = image("a", "ma", {"sha256:la", 200});
const ResolvedImage kB = image("b", "mb", {"sha256:lb", 300});
const ResolvedImage kMovedB = image("b", "mc", {"sha256:lc", 400});
const ResolvedCorpus kCorpus{.images = {kA, kB}};

constexpr ScenarioSteps kCold;
constexpr ScenarioSteps kWarm{.populate = Populate::corpus, .tool_state = ToolState::kept};
constexpr ScenarioSteps kCrossRepo{.populate = Populate::corpus, .destination = Destination::other};

ExpectedContent by_tag(const ResolvedImage& image, Place place = Place::first) {
  return {image, place, Named::by_tag};
}

TEST(ExpectedStates, OfAFirstCopyAreNothingAndTheCorpus) {
  const ExpectedStates states = expected_states(kCorpus, kCold, {}, "");
  EXPECT_THAT(states.before, IsEmpty());
  EXPECT_THAT(states.after, ElementsAre(by_tag(kA), by_tag(kB)));
  EXPECT_EQ(blob_bytes_to_bring(states), 1'500U) << "the shared blob once";
}

TEST(ExpectedStates, OfASecondCopyAreTheSame) {
  const ExpectedStates states = expected_states(kCorpus, kWarm, {}, "");
  EXPECT_EQ(states.before, states.after);
  EXPECT_EQ(blob_bytes_to_bring(states), 0U);
}

TEST(ExpectedStates, KeepWhatAMovedTagHasNamed) {
  const ExpectedStates states = expected_states(kCorpus, kWarm, {kMovedB}, "");
  EXPECT_THAT(states.before, ElementsAre(by_tag(kA), by_tag(kB)));
  EXPECT_THAT(states.after, ElementsAre(by_tag(kA), by_tag(kMovedB),
                                        ExpectedContent{kB, Place::first, Named::by_digest}));
  EXPECT_EQ(blob_bytes_to_bring(states), 400U) << "the one new blob";
}

TEST(ExpectedStates, OfOtherRepositoriesAreBothPlaces) {
  const ExpectedStates states = expected_states(kCorpus, kCrossRepo, {kMovedB}, "");
  EXPECT_THAT(states.before, ElementsAre(by_tag(kA), by_tag(kB)));
  EXPECT_THAT(states.after, ElementsAre(by_tag(kA, Place::other), by_tag(kMovedB, Place::other),
                                        by_tag(kA), by_tag(kB)));
  EXPECT_EQ(blob_bytes_to_bring(states), 400U) << "what the registry has may be mounted";
  EXPECT_EQ(blob_bytes_to_bring(expected_states(kCorpus, kCrossRepo, {}, "")), 0U);
}

TEST(ExpectedStates, OfOtherRepositoriesWithoutAnUntimedRunAreThoseAlone) {
  const ExpectedStates states =
      expected_states(kCorpus, {.destination = Destination::other}, {}, "");
  EXPECT_THAT(states.after, ElementsAre(by_tag(kA, Place::other), by_tag(kB, Place::other)));
}

TEST(ExpectedStates, LeaveOutTagsThatMoveOutsideOfTheTrialsImages) {
  const ResolvedCorpus only_a{.images = {kA}};
  EXPECT_EQ(expected_states(only_a, kWarm, {kMovedB}, ""), expected_states(only_a, kWarm, {}, ""));
}

TEST(ExpectedStates, OfAToolThatCopiesOnePlatformAreThatChildOfEachIndex) {
  ManifestInfo child = manifest("child", {"sha256:amd", 50});
  child.platform = "linux/amd64";
  const ResolvedImage index{
      .repository = "c",
      .tag = "1",
      .digest = "sha256:index",
      .manifests = {{.digest = "sha256:index", .size_bytes = 5, .children = {"sha256:child"}},
                    child}};
  const ResolvedCorpus corpus{.images = {index, kA}};
  const ExpectedStates states = expected_states(corpus, kCold, {}, "linux/amd64");
  ASSERT_EQ(states.after.size(), 2U);
  EXPECT_EQ(states.after[0].image.digest, "sha256:child");
  EXPECT_EQ(states.after[1], by_tag(kA));
  EXPECT_EQ(expected_proof(states.after).manifests, 2U);
  EXPECT_EQ(expected_proof(expected_states(corpus, kCold, {}, "").after).manifests, 3U);
}

TEST(ExpectedProof, CountsBlobsPerRepositoryAndPlaceAndBytesOnce) {
  const ExpectedProof cold = expected_proof(expected_states(kCorpus, kCold, {}, "").after);
  EXPECT_EQ(cold.images, 2U);
  EXPECT_EQ(cold.manifests, 2U);
  EXPECT_EQ(cold.blobs, 4U);
  EXPECT_EQ(cold.bytes, 1'520U);
  const ExpectedProof cross = expected_proof(expected_states(kCorpus, kCrossRepo, {}, "").after);
  EXPECT_EQ(cross.images, 4U);
  EXPECT_EQ(cross.blobs, 8U);
  EXPECT_EQ(cross.bytes, 1'540U) << "manifests of both places, each blob once";
}

TEST(ExpectedProof, HasADigestOfSortedLines) {
  const ExpectedProof proof = expected_proof({by_tag(kB), {kA, Place::other, Named::by_digest}});
  EXPECT_EQ(proof.content_sha256, sha256_hex("first b 1 sha256:mb sha256:lb 300\n"
                                             "first b 1 sha256:mb sha256:mb 10\n"
                                             "first b 1 sha256:mb sha256:shared 1000\n"
                                             "other a sha256:ma sha256:ma sha256:la 200\n"
                                             "other a sha256:ma sha256:ma sha256:ma 10\n"
                                             "other a sha256:ma sha256:ma sha256:shared 1000\n"));
}

}  // namespace
}  // namespace ocibench
