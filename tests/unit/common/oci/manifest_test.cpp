#include "common/oci/manifest.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/model/limits.hpp"

namespace ocibench::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

std::string descriptor(std::string_view type, std::string_view digest = kDigest,
                       std::string_view size = "7") {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", type, digest, size);
}

std::string docker_manifest(std::string_view layer_type) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                     media_type::kDockerManifest,
                     descriptor("application/vnd.docker.container.image.v1+json"),
                     descriptor(layer_type, kOther, "9"));
}

Manifest sample() {
  return {.media_type = std::string(media_type::kOciManifest),
          .config = Descriptor{.media_type = "application/x", .digest = kDigest, .size_bytes = 1},
          .layers = {{.media_type = "application/y", .digest = kOther, .size_bytes = 2}},
          .subject = Descriptor{.media_type = std::string(media_type::kOciIndex),
                                .digest = kDigest,
                                .size_bytes = 3},
          .artifact_type = "application/z",
          .annotations = {{"k", "v"}}};
}

TEST(ParseManifest, ReadsWhatWriteManifestWrites) {
  EXPECT_EQ(parse_manifest(write_manifest(sample()), media_type::kOciManifest), sample());
  const Manifest index{
      .media_type = std::string(media_type::kOciIndex),
      .children = {{.media_type = std::string(media_type::kOciManifest),
                    .digest = kDigest,
                    .size_bytes = 5,
                    .platform = Platform{"linux", "arm64", "v8"},
                    .annotations = {{"org.opencontainers.image.ref.name", "a:b"}}}}};
  EXPECT_EQ(parse_manifest(write_manifest(index), ""), index);
}

// As programs in Go write what is empty.
TEST(ParseManifest, TakesNullForAbsent) {
  const std::string config = descriptor("application/x");
  const std::string begin = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},)",
                                        media_type::kOciManifest, config);
  const auto bare = parse_manifest(begin + R"("layers":[]})", "");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(parse_manifest(begin + R"("layers":null})", ""), bare);
  EXPECT_EQ(parse_manifest(begin + R"("layers":[],"manifests":null,"subject":null,
      "artifactType":null,"annotations":null})",
                           ""),
            bare);
  const std::string index =
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[)", media_type::kOciIndex);
  std::string child = descriptor(media_type::kOciManifest);
  const auto plain = parse_manifest(index + child + "]}", "");
  ASSERT_TRUE(plain) << plain.error().message;
  child.back() = ',';
  EXPECT_EQ(parse_manifest(index + child + R"("platform":null,"annotations":{"k":null}}]})", ""),
            plain);
}

TEST(ParseManifest, ReadsDockerSchema2) {
  const auto manifest =
      parse_manifest(docker_manifest("application/vnd.docker.image.rootfs.diff.tar.gzip"), "");
  ASSERT_TRUE(manifest) << manifest.error().message;
  const ManifestInfo info = to_info(*manifest, kOther, 99);
  EXPECT_EQ(info.media_type, media_type::kDockerManifest);
  EXPECT_EQ(info.blobs, (std::vector<BlobInfo>{{kDigest, 7}, {kOther, 9}}));
}

TEST(ParseManifest, LeavesForeignLayersOutOfWhatIsCopied) {
  const auto manifest = parse_manifest(
      docker_manifest("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"), "");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(to_info(*manifest, kOther, 99).blobs, (std::vector<BlobInfo>{{kDigest, 7}}));
}

TEST(ParseManifest, TakesTheTypeFromHeaderOrMembersWhenTheBodyHasNone) {
  const std::string index = R"({"schemaVersion":2,"manifests":[]})";
  EXPECT_TRUE(parse_manifest(index, "")->is_index());
  EXPECT_TRUE(
      parse_manifest(index, "application/vnd.oci.image.index.v1+json; charset=utf-8")->is_index());
}

class BadManifest : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(
    All, BadManifest,
    testing::Values(
        "", "[]", "{}", R"({"schemaVersion":1})", R"({"schemaVersion":"2","manifests":[]})",
        R"({"schemaVersion":2,"manifests":{}})", R"({"schemaVersion":2,"manifests":[7]})",
        R"({"schemaVersion":2,"layers":[]})",  // no config
        R"({"schemaVersion":2,"mediaType":"text/plain","manifests":[]})",
        R"({"schemaVersion":2,"mediaType":7,"manifests":[]})",
        R"({"schemaVersion":2,"manifests":[],"annotations":{"a":1}})",
        fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[],"layers":[]}})",
                    media_type::kOciIndex),
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor("a/b", "sha256:x")),
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor("a/b", kDigest, "-1")),
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor("a/b", kDigest, "1.5")),
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})",
                    descriptor("a/b", kDigest, "18446744073709551615")),
        fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor("no type"))));

TEST_P(BadManifest, IsRefused) { EXPECT_FALSE(parse_manifest(GetParam(), "")); }

TEST(ParseManifest, RefusesABodyThatContradictsItsHeader) {
  const std::string body = write_manifest(sample());
  EXPECT_EQ(parse_manifest(body, media_type::kOciIndex).error().code, ErrorCode::bad_input);
}

TEST(ParseManifest, BoundsSizeAndNumberOfDescriptors) {
  EXPECT_EQ(parse_manifest(std::string(kMaxManifestBytes + 1, ' '), "").error().code,
            ErrorCode::limit);
  std::string body = R"({"schemaVersion":2,"manifests":[)";
  for (int i = 0; i < 10'001; ++i) {
    body += descriptor("a/b") + ",";
  }
  body.back() = ']';
  EXPECT_EQ(parse_manifest(body + "}", "").error().code, ErrorCode::limit);
}

TEST(ParsePlatform, IsTheOppositeOfToString) {
  EXPECT_EQ(parse_platform("linux/arm64/v8"), (Platform{"linux", "arm64", "v8"}));
  EXPECT_EQ(parse_platform("linux/amd64"), (Platform{"linux", "amd64", ""}));
  for (const char* text : {"", "linux", "linux/", "/amd64", "linux/arm64/", "a/b/c/d", "a b/c"}) {
    EXPECT_FALSE(parse_platform(text)) << text;
  }
}

}  // namespace
}  // namespace ocibench::oci
