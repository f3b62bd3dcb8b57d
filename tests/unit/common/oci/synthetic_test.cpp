#include "common/oci/synthetic.hpp"

#include <array>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/gzip.hpp"
#include "common/model/limits.hpp"
#include "common/oci/layout.hpp"
#include "common/oci/random_bytes.hpp"
#include "common/sha256.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

SyntheticSpec tiny() {
  return {.seed = 7,
          .images = 2,
          .layers = 2,
          .layer_bytes = 100'000,
          .shared_share = 0.5,
          .compressibility = 0.5,
          .gzip_level = 0,
          .platforms = {"linux/amd64"},
          .repository_prefix = "t/i"};
}

class Synthetic : public testing::Test {
 protected:
  ResolvedCorpus make(const SyntheticSpec& spec) {
    path_ = directory_.path() / std::to_string(++made_);
    Result<ResolvedCorpus> corpus = write_synthetic(spec, "tiny", path_);
    EXPECT_TRUE(corpus) << corpus.error().message;
    return corpus.value_or(ResolvedCorpus{});
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "synthetic-").value();
  fs::path path_;
  int made_ = 0;
};

// The contract with everyone who has measured before: changing these digests means raising
// kSyntheticGeneration.
TEST_F(Synthetic, GivesTheSameDigestsOnEveryMachine) {
  const ResolvedCorpus corpus = make(tiny());
  EXPECT_EQ(corpus.images.at(0).digest,
            "sha256:65088fc82edbda34702ad642d52d19139361272e571d49636f81623368b513b6");
  EXPECT_EQ(corpus.images.at(1).digest,
            "sha256:8b30d68570734575a829ccb8aaa0dcacb0fd5e7e226a10b11e552ca45daa03a4");
}

TEST_F(Synthetic, IsTheSameWhenMadeAgain) {
  SyntheticSpec spec = tiny();
  spec.gzip_level = 6;
  spec.platforms = {"linux/amd64", "linux/arm64/v8"};
  const ResolvedCorpus first = make(spec);
  EXPECT_EQ(make(spec), first);
}

TEST_F(Synthetic, ChangesWithTheSeed) {
  SyntheticSpec spec = tiny();
  const ResolvedCorpus first = make(spec);
  spec.seed = 8;
  EXPECT_NE(corpus_sha(make(spec)), corpus_sha(first));
}

TEST_F(Synthetic, SharesTheStatedPartOfTheLayers) {
  const ResolvedCorpus corpus = make(tiny());
  const auto& one = corpus.images.at(0).manifests.front().blobs;
  const auto& two = corpus.images.at(1).manifests.front().blobs;
  ASSERT_EQ(one.size(), 3U);  // config and two layers
  EXPECT_NE(one[0], two[0]);
  EXPECT_EQ(one[1], two[1]);
  EXPECT_NE(one[2], two[2]);
}

TEST_F(Synthetic, CompressesAsFarAsStated) {
  SyntheticSpec spec = tiny();
  spec.layer_bytes = 1'000'000;
  spec.gzip_level = 1;
  for (const double share : {0.0, 0.5, 0.9}) {
    spec.compressibility = share;
    const auto layer = make(spec).images.front().manifests.front().blobs.back();
    EXPECT_NEAR(static_cast<double>(layer.size_bytes), 1e6 * (1 - share), 2e4) << share;
  }
}

TEST_F(Synthetic, MakesAnIndexForSeveralPlatforms) {
  SyntheticSpec spec = tiny();
  spec.platforms = {"linux/amd64", "linux/arm64/v8"};
  const ResolvedImage image = make(spec).images.front();
  EXPECT_EQ(image.repository, "t/i-01");
  EXPECT_EQ(image.tag, "1");
  ASSERT_EQ(image.manifests.size(), 3U);
  EXPECT_EQ(image.manifests[0].media_type, media_type::kOciIndex);
  EXPECT_EQ(image.manifests[0].children,
            (std::vector<std::string>{image.manifests[1].digest, image.manifests[2].digest}));
}

TEST_F(Synthetic, AttachesTheReferrerWithoutANameAndOutsideTheLock) {
  SyntheticSpec spec = tiny();
  spec.referrer = true;
  const ResolvedCorpus corpus = make(spec);
  const Layout layout = Layout::open(path_).value();
  const auto listed = layout.images().value();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_TRUE(listed[2].annotations.empty());
  const auto manifest =
      parse_manifest(layout.read_blob(listed[2].digest, kMaxManifestBytes).value(), "");
  EXPECT_EQ(manifest->subject->digest, corpus.images[0].digest);
  EXPECT_EQ(manifest->artifact_type, kReferrerArtifactType);
  EXPECT_EQ(corpus.images.size(), 2U);
}

TEST_F(Synthetic, LayersAreTarFilesOfTheStatedContent) {
  const BlobInfo blob = make(tiny()).images.front().manifests.front().blobs.back();
  const std::string gz = Layout::open(path_)->read_blob(blob.digest, 1'000'000).value();
  std::string tar;
  GzipDecompressor gunzip(1'000'000, [&](std::string_view bytes) {
    tar += bytes;
    return Result<void>{};
  });
  ASSERT_TRUE(gunzip.write(gz));
  ASSERT_TRUE(gunzip.finish());
  EXPECT_EQ(tar.size() % 512, 0U);
  EXPECT_EQ(tar.substr(0, 25), "data/1-linux-amd64-1.bin" + std::string(1, '\0'));
  EXPECT_EQ(tar.substr(512, 32'768), std::string(32'768, '\0'));
  EXPECT_NE(tar.substr(512 + 32'768, 8), std::string(8, '\0'));
}

TEST_F(Synthetic, RefusesSpecsOutOfBounds) {
  const auto refused = [&](auto change) {
    SyntheticSpec spec = tiny();
    change(spec);
    return !write_synthetic(spec, "x", directory_.path() / "refused");
  };
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.images = 0; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.layers = 1000; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.layer_bytes = UINT64_MAX; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.shared_share = 1.1; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.compressibility = -0.1; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.gzip_level = 10; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.repository_prefix = "Upper"; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.platforms = {"linux"}; }));
  EXPECT_TRUE(refused([](SyntheticSpec& spec) { spec.platforms = {"a/b", "a/b"}; }));
}

TEST(RandomBytes, IsTheSameForTheSameSeed) {
  std::array<char, 20> bytes{};
  RandomBytes("seed").fill(bytes);
  EXPECT_EQ(sha256_hex({bytes.data(), bytes.size()}),
            "62951b5e009016d85acd73733ac22f5afdc7ee8fa57390a08e7776a3a310ecfc");
}

}  // namespace
}  // namespace ocibench::oci
