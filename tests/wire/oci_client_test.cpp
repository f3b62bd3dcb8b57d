// Client against a real docker-registry 2.8.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/seed_image.hpp"

namespace ocibench::oci {
namespace {

using testing_support::blob_of;
using testing_support::RegistryProcess;

SourceFactory source_for(std::string content) {
  return [content = std::move(content)]() -> Result<ByteSource> { return source_of(content); };
}

class OciClient : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(registry_) << registry_.error().message;
    ASSERT_TRUE(client_) << client_.error().message;
  }

  Result<void> upload(std::string_view repository, const std::string& content) {
    return client_->upload_blob(repository, blob_of(content), source_for(content));
  }

  /// An image with no layers, in `repository`; its manifest's digest.
  std::string push_image(std::string_view repository, std::string_view tag,
                         const std::string& config) {
    EXPECT_TRUE(upload(repository, config));
    const std::string body =
        write_manifest({.media_type = std::string(media_type::kOciManifest),
                        .config = Descriptor{.media_type = std::string(media_type::kOciConfig),
                                             .digest = sha256_digest(config),
                                             .size_bytes = config.size()}});
    const auto stored = client_->put_manifest(repository, tag, media_type::kOciManifest, body);
    EXPECT_TRUE(stored) << stored.error().message;
    return stored ? stored->digest : "";
  }

  Result<RegistryProcess> registry_ = RegistryProcess::start();
  Result<Client> client_ = Client::create(registry_->endpoint());
};

TEST_F(OciClient, ReadsBackTheBlobThatItUploaded) {
  const std::string content(3'000'000, 'x');
  const Result<void> uploaded = upload("some/repo", content);
  ASSERT_TRUE(uploaded) << uploaded.error().message;
  EXPECT_EQ(client_->head_blob("some/repo", blob_of(content).digest)->size_bytes, content.size());
  std::string back;
  const auto facts = client_->get_blob("some/repo", blob_of(content), [&](std::string_view bytes) {
    back += bytes;
    return Result<void>{};
  });
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(back == content);
  EXPECT_EQ(facts->body_bytes, content.size());
  EXPECT_EQ(facts->final_host, registry_->host());
  EXPECT_GT(facts->first_byte.count(), 0);
}

TEST_F(OciClient, UploadsAnEmptyBlob) {
  ASSERT_TRUE(upload("repo", ""));
  EXPECT_EQ(client_->head_blob("repo", blob_of("").digest)->size_bytes, 0U);
}

TEST_F(OciClient, ReportsTheRegistrysOwnCodeAndMessage) {
  const auto missing = client_->get_manifest("repo", "absent");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().message,
            "GET http://" + registry_->host() +
                "/v2/repo/manifests/absent: 404 MANIFEST_UNKNOWN: manifest "
                "unknown");
}

TEST_F(OciClient, SaysNotFoundForAnAbsentBlob) {
  const auto missing = client_->head_blob("repo", sha256_digest("never"));
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

TEST_F(OciClient, FailsWhenTheContentIsNotWhatItsDigestSays) {
  const BlobInfo lie{sha256_digest("one thing"), 5};
  const Result<void> uploaded = client_->upload_blob("repo", lie, source_for("other"));
  ASSERT_FALSE(uploaded);
  EXPECT_NE(uploaded.error().message.find("DIGEST_INVALID"), std::string::npos)
      << uploaded.error().message;
}

TEST_F(OciClient, MountsABlobThatASiblingHas) {
  ASSERT_TRUE(upload("one", "shared"));
  EXPECT_EQ(client_->mount_blob("two", blob_of("shared").digest, "one"), Mounted::mounted);
  EXPECT_TRUE(client_->head_blob("two", blob_of("shared").digest));
  EXPECT_EQ(client_->mount_blob("two", sha256_digest("absent"), "one"), Mounted::not_mounted);
}

TEST_F(OciClient, HeadsAndGetsManifestsByTagAndDigest) {
  const std::string digest = push_image("repo", "v1", "{}");
  EXPECT_EQ(client_->head_manifest("repo", "v1")->digest, digest);
  EXPECT_EQ(client_->head_manifest("repo", "v1")->media_type, media_type::kOciManifest);
  EXPECT_EQ(client_->get_manifest("repo", "v1")->digest, digest);
  EXPECT_EQ(client_->get_manifest("repo", digest)->manifest.config->digest, sha256_digest("{}"));
}

TEST_F(OciClient, RefusesToPushWhatIsNoManifest) {
  EXPECT_EQ(client_->put_manifest("repo", "v1", media_type::kOciManifest, "[]").error().code,
            ErrorCode::bad_input);
}

TEST_F(OciClient, ListsTags) {
  push_image("repo", "v1", "{}");
  push_image("repo", "v2", "{ }");
  EXPECT_THAT(client_->list_tags("repo").value(), testing::UnorderedElementsAre("v1", "v2"));
  EXPECT_EQ(client_->list_tags("absent").error().code, ErrorCode::not_found);
}

TEST_F(OciClient, FindsNoReferrersWhereThereIsNoApiAndNoTag) {
  const std::string digest = push_image("repo", "v1", "{}");
  const auto referrers = client_->referrers("repo", digest);
  ASSERT_TRUE(referrers) << referrers.error().message;
  EXPECT_TRUE(referrers->empty());
}

TEST_F(OciClient, RefusesNamesThatWouldChangeTheUrl) {
  EXPECT_EQ(client_->list_tags("../secret").error().code, ErrorCode::bad_input);
  EXPECT_EQ(client_->get_manifest("repo", "v1?x=y").error().code, ErrorCode::bad_input);
}

TEST(OciClientConnection, SpeaksHttp2OverTlsToACertificateOfTheCaFile) {
  const Result<RegistryProcess> registry = RegistryProcess::start(Scheme::https);
  ASSERT_TRUE(registry) << registry.error().message;
  Client client = Client::create(registry->endpoint()).value();
  const std::string content(5'000'000, 'x');
  const Result<void> uploaded = client.upload_blob("repo", blob_of(content), source_for(content));
  ASSERT_TRUE(uploaded) << uploaded.error().message;
  EXPECT_TRUE(
      client.get_blob("repo", blob_of(content), [](std::string_view) { return Result<void>{}; }));
  EXPECT_NE(registry->log().find("HTTP/2.0"), std::string::npos);
}

TEST(OciClientConnection, RefusesACertificateThatNobodyVouchesFor) {
  const Result<RegistryProcess> registry = RegistryProcess::start(Scheme::https);
  ASSERT_TRUE(registry) << registry.error().message;
  Endpoint endpoint = registry->endpoint();
  endpoint.ca_file.clear();
  EXPECT_EQ(Client::create(endpoint)->ping().error().code, ErrorCode::unavailable);
}

TEST(OciClientConnection, SaysThatNobodyListens) {
  Result<Client> client =
      Client::create({.host = "127.0.0.1:" + std::to_string(testing_support::free_port()),
                      .scheme = Scheme::http});
  EXPECT_EQ(client->ping().error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace ocibench::oci
