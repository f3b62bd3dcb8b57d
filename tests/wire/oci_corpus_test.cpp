// Corpora made, pushed, pulled and locked against a real docker-registry 2.8, and skopeo's view of
// it.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "common/oci/resolve.hpp"
#include "common/oci/synthetic.hpp"
#include "tests/support/registry_process.hpp"

namespace ocibench::oci {
namespace {

using testing_support::RegistryProcess;

CorpusSpec small_corpus() {
  return {.name = "small",
          .source = SyntheticSpec{.images = 3,
                                  .layers = 4,
                                  .layer_bytes = 200'000,
                                  .shared_share = 0.5,
                                  .compressibility = 0.3,
                                  .platforms = {"linux/amd64", "linux/arm64/v8"},
                                  .referrer = true,
                                  .repository_prefix = "synthetic/image"}};
}

class OciCorpus : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_) << registry_.error().message;
    lock_ = resolve_corpus(spec_, context_);
    ASSERT_TRUE(lock_) << lock_.error().message;
  }

  Result<PushReport> materialise_small() {
    return materialise(spec_, *lock_, context_, registry_->endpoint());
  }

  [[nodiscard]] int run(const std::string& command) const {
    const std::string log = directory_.path() / "command.log";
    const int status = std::system(fmt::format("timeout 60 {} >{} 2>&1", command, log).c_str());
    EXPECT_EQ(status, 0) << command << "\n" << read_file(log, 1'000'000).value_or("");
    return status;
  }

  CorpusSpec spec_ = small_corpus();
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "oci-corpus-").value();
  CorpusContext context_{.cache_directory = directory_.path() / "cache"};
  Result<RegistryProcess> registry_ = RegistryProcess::start();
  Result<ResolvedCorpus> lock_;
};

TEST_F(OciCorpus, IsTheSameInTheRegistryAsInItsLock) {
  const Result<PushReport> pushed = materialise_small();
  ASSERT_TRUE(pushed) << pushed.error().message;
  ReferenceSpec references;
  for (const ResolvedImage& image : lock_->images) {
    references.images.push_back(
        fmt::format("{}/{}:{}", registry_->host(), image.repository, image.tag));
  }
  const auto back = resolve_corpus({.name = "small", .source = references}, context_);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->images, lock_->images);
  EXPECT_EQ(back->source_host, registry_->host());
  EXPECT_EQ(corpus_sha(*back), corpus_sha(*lock_));
}

TEST_F(OciCorpus, SendsSharedLayersOnceAndMountsThemElsewhere) {
  const Result<PushReport> pushed = materialise_small();
  ASSERT_TRUE(pushed) << pushed.error().message;
  // Per platform: 2 shared layers, and for each of 3 images 2 own ones and a config. Two more blobs
  // belong to the referrer.
  EXPECT_EQ(pushed->uploaded_blobs, 2U * (2 + 3 * 3) + 2);
  EXPECT_EQ(pushed->mounted_blobs, 2U * 2 * 2);
  EXPECT_EQ(pushed->present_blobs, 0U);
  EXPECT_GE(pushed->moved_bytes, unique_bytes(*lock_));
}

TEST_F(OciCorpus, PushedAgainMovesOnlyManifests) {
  ASSERT_TRUE(materialise_small());
  const Result<PushReport> again = materialise_small();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->uploaded_blobs, 0U);
  EXPECT_EQ(again->mounted_blobs, 0U);
  EXPECT_LT(again->moved_bytes, 20'000U);
}

TEST_F(OciCorpus, ListsItsReferrerWithTheFirstImage) {
  ASSERT_TRUE(materialise_small());
  Client client = Client::create(registry_->endpoint()).value();
  const ResolvedImage& first = lock_->images.front();
  const auto referrers = client.referrers(first.repository, first.digest, kReferrerArtifactType);
  ASSERT_TRUE(referrers) << referrers.error().message;
  ASSERT_EQ(referrers->size(), 1U);
  const auto manifest = client.get_manifest(first.repository, referrers->front().digest);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->manifest.subject->digest, first.digest);
}

TEST_F(OciCorpus, GoesBelowAPrefixWhenAsked) {
  ASSERT_TRUE(materialise(spec_, *lock_, context_, registry_->endpoint(),
                          {.repository_prefix = "bench/run1/", .connections = 1}));
  Client client = Client::create(registry_->endpoint()).value();
  EXPECT_EQ(client.head_manifest("bench/run1/synthetic/image-01", "1")->digest,
            lock_->images.front().digest);
}

TEST_F(OciCorpus, CanBeReadBySkopeo) {
  ASSERT_TRUE(materialise_small());
  const std::string image =
      fmt::format("docker://{}/{}:1", registry_->host(), lock_->images[1].repository);
  ASSERT_EQ(run("skopeo inspect --tls-verify=false " + image), 0);
  // `copy --all` reads every blob and checks it against its digest and diff_id.
  ASSERT_EQ(run(fmt::format("skopeo --insecure-policy copy --all --src-tls-verify=false {} dir:{}",
                            image, (directory_.path() / "copy").string())),
            0);
  EXPECT_EQ(sha256_digest(read_file(directory_.path() / "copy/manifest.json", 1'000'000).value()),
            lock_->images[1].digest);
}

TEST_F(OciCorpus, IsALayoutThatSkopeoReads) {
  const auto layout = provide_layout(spec_, *lock_, context_);
  ASSERT_TRUE(layout) << layout.error().message;
  ASSERT_EQ(run(fmt::format("skopeo --insecure-policy copy --override-arch amd64 "
                            "oci:{}:synthetic/image-01:1 dir:{}",
                            layout->directory().string(), (directory_.path() / "copy").string())),
            0);
}

TEST_F(OciCorpus, PassesTheCheckOfItsLockUntilATagMoves) {
  ASSERT_TRUE(materialise_small());
  Client client = Client::create(registry_->endpoint()).value();
  ASSERT_TRUE(check_lock(client, *lock_));
  const auto& [first, second] = std::tie(lock_->images[0], lock_->images[1]);
  ASSERT_EQ(run(fmt::format("skopeo --insecure-policy copy --all --src-tls-verify=false "
                            "--dest-tls-verify=false docker://{0}/{1}:1 docker://{0}/{2}:1",
                            registry_->host(), second.repository, first.repository)),
            0);
  const Result<void> checked = check_lock(client, *lock_);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::conflict);
  EXPECT_EQ(checked.error().message,
            fmt::format("tag moved: {}/{}:1 is {} and was locked as {}", registry_->host(),
                        first.repository, second.digest, first.digest));
}

TEST_F(OciCorpus, OfReferencesIsPulledByDigestAndPushedElsewhere) {
  ASSERT_TRUE(materialise_small());
  const CorpusSpec references{
      .name = "remote",
      .source =
          ReferenceSpec{{registry_->host() + "/synthetic/image-02:1@" + lock_->images[1].digest}}};
  const auto lock = resolve_corpus(references, context_);
  ASSERT_TRUE(lock) << lock.error().message;
  const Result<RegistryProcess> other = RegistryProcess::start();
  ASSERT_TRUE(other) << other.error().message;
  const auto pushed = materialise(references, *lock, context_, other->endpoint());
  ASSERT_TRUE(pushed) << pushed.error().message;
  Client client = Client::create(other->endpoint()).value();
  EXPECT_TRUE(check_lock(client, *lock));
}

TEST_F(OciCorpus, OfAReferenceWhoseDigestIsNotTheTagsIsRefused) {
  ASSERT_TRUE(materialise_small());
  const auto lock = resolve_corpus(
      {.name = "remote",
       .source =
           ReferenceSpec{{registry_->host() + "/synthetic/image-02:1@" + lock_->images[0].digest}}},
      context_);
  EXPECT_EQ(lock.error().code, ErrorCode::conflict);
}

TEST_F(OciCorpus, FromADockerSaveTarOfSkopeoIsAcceptedByTheRegistry) {
  ASSERT_TRUE(materialise_small());
  const std::string tar = directory_.path() / "saved.tar";
  ASSERT_EQ(run(fmt::format("skopeo --insecure-policy copy --override-arch amd64 "
                            "--src-tls-verify=false docker://{}/synthetic/image-01:1 "
                            "docker-archive:{}:local/saved:v1",
                            registry_->host(), tar)),
            0);
  const CorpusSpec local{.name = "local", .source = LocalFileSpec{{{tar, "local/saved", "v1"}}}};
  const auto lock = resolve_corpus(local, context_);
  ASSERT_TRUE(lock) << lock.error().message;
  const auto pushed = materialise(local, *lock, context_, registry_->endpoint());
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(run(fmt::format("skopeo --insecure-policy copy --src-tls-verify=false "
                            "docker://{}/local/saved:v1 dir:{}",
                            registry_->host(), (directory_.path() / "copy").string())),
            0);
}

std::uint64_t status_kilobytes(std::string_view name) {
  const std::string status = read_file("/proc/self/status", 100'000).value();
  return std::strtoull(status.c_str() + status.find(name) + name.size(), nullptr, 10);
}

/// Makes, pushes and pulls an image with one layer of 300 MB; how much memory that added.
std::uint64_t growth_for_a_big_layer(const CorpusContext& context, const Endpoint& endpoint) {
  const std::uint64_t before = status_kilobytes("VmRSS:");
  const CorpusSpec spec{
      .name = "big",
      .source = SyntheticSpec{
          .layers = 1, .layer_bytes = 300'000'000, .gzip_level = 0, .repository_prefix = "big"}};
  const auto lock = resolve_corpus(spec, context);
  if (!lock || !materialise(spec, *lock, context, endpoint)) {
    return UINT64_MAX;
  }
  Client client = Client::create(endpoint).value();
  const auto pulled =
      client.get_blob(lock->images[0].repository, lock->images[0].manifests[0].blobs[1],
                      [](std::string_view) { return Result<void>{}; });
  return pulled ? status_kilobytes("VmHWM:") - before : UINT64_MAX;
}

TEST_F(OciCorpus, NeedsLittleMemoryForABigLayer) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t growth = growth_for_a_big_layer(context_, registry_->endpoint());
    std::fprintf(stderr, "memory grew by %llu kB\n", static_cast<unsigned long long>(growth));
    ::_exit(growth < 64 * 1024 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace ocibench::oci
