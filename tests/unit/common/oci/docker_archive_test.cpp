#include "common/oci/docker_archive.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/oci/digest.hpp"
#include "common/oci/tar.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

/// A tar in memory, entry by entry.
class TarText {
 public:
  TarText& file(std::string_view name, std::string_view content) {
    text_ += tar_header(name, content.size());
    text_ += content;
    text_ += tar_padding(content.size());
    return *this;
  }

  TarText& link(std::string_view name, std::string_view target) {
    std::string header = tar_header(name, 0);
    header[156] = '2';
    header.replace(157, target.size(), target);
    header.replace(148, 8, "        ");
    unsigned int sum = 0;
    for (const char c : header) {
      sum += static_cast<unsigned char>(c);
    }
    header.replace(148, 6, fmt::format("{:06o}", sum));
    header[154] = '\0';
    text_ += header;
    return *this;
  }

  [[nodiscard]] std::string str() const { return text_ + tar_end(); }

 private:
  std::string text_;
};

const std::string kLayer = "layer content, any bytes will do";
const std::string kConfig = fmt::format(
    R"({{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
    sha256_digest(kLayer));

std::string manifest_json(std::string_view layer) {
  return fmt::format(R"([{{"Config":"c.json","RepoTags":["a/b:1","a/b:2"],"Layers":["{}"]}}])",
                     layer);
}

class DockerArchive : public testing::Test {
 protected:
  Result<std::vector<Descriptor>> import(const TarText& tar, const ArchiveLimits& limits = {}) {
    std::ofstream(directory_.path() / "a.tar", std::ios::binary) << tar.str();
    return import_docker_archive(directory_.path() / "a.tar", layout_, 1, limits);
  }

  static TarText good() {
    return TarText()
        .file("l.tar", kLayer)
        .file("c.json", kConfig)
        .file("manifest.json", manifest_json("l.tar"));
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "archive-").value();
  Layout layout_ = Layout::create(directory_.path() / "layout").value();
};

TEST_F(DockerArchive, BecomesOneDescriptorForEachTag) {
  const auto images = import(good());
  ASSERT_TRUE(images) << images.error().message;
  ASSERT_EQ(images->size(), 2U);
  EXPECT_EQ(images->at(0).annotations.at(std::string(kRefNameAnnotation)), "a/b:1");
  EXPECT_EQ(images->at(0).digest, images->at(1).digest);
  EXPECT_EQ(images->at(0).platform, (Platform{"linux", "amd64", ""}));
  const auto closure = layout_.closure(images->at(0).digest);
  ASSERT_TRUE(closure) << closure.error().message;
  EXPECT_EQ(closure->front().blobs.front().digest, sha256_digest(kConfig));
}

TEST_F(DockerArchive, GivesTheSameDigestsAgain) {
  EXPECT_EQ(import(good())->front().digest, import(good())->front().digest);
}

TEST_F(DockerArchive, FollowsLinksInside) {
  EXPECT_TRUE(import(TarText()
                         .file("manifest.json", manifest_json("old/layer.tar"))
                         .link("old/layer.tar", "../l.tar")
                         .file("l.tar", kLayer)
                         .file("c.json", kConfig)));
}

TEST_F(DockerArchive, RefusesPathsAndLinksThatLeadOut) {
  EXPECT_EQ(import(good().link("x", "../../etc/passwd")).error().code, ErrorCode::bad_input);
  EXPECT_EQ(import(good().link("x", "/etc/passwd")).error().code, ErrorCode::bad_input);
  EXPECT_EQ(import(good().file("../x", "")).error().code, ErrorCode::bad_input);
  EXPECT_EQ(import(TarText().file("manifest.json", manifest_json("../l.tar"))).error().code,
            ErrorCode::bad_input);
}

TEST_F(DockerArchive, RefusesCirclesOfLinks) {
  EXPECT_EQ(import(TarText()
                       .file("manifest.json", manifest_json("a"))
                       .file("c.json", kConfig)
                       .link("a", "b")
                       .link("b", "a"))
                .error()
                .code,
            ErrorCode::bad_input);
}

TEST_F(DockerArchive, RefusesLayersThatTheConfigDoesNotName) {
  EXPECT_EQ(import(TarText()
                       .file("l.tar", kLayer + "!")
                       .file("c.json", kConfig)
                       .file("manifest.json", manifest_json("l.tar")))
                .error()
                .code,
            ErrorCode::bad_input);
}

TEST_F(DockerArchive, RefusesWhatLacksItsParts) {
  EXPECT_FALSE(import(TarText()));
  EXPECT_FALSE(import(TarText().file("manifest.json", "[]")));
  EXPECT_FALSE(import(TarText().file("manifest.json", "{")));
  EXPECT_FALSE(import(TarText().file("manifest.json", manifest_json("l.tar"))));
  std::ofstream(directory_.path() / "b.tar") << "no tar at all";
  EXPECT_FALSE(import_docker_archive(directory_.path() / "b.tar", layout_, 1));
  EXPECT_FALSE(import_docker_archive(directory_.path() / "absent.tar", layout_, 1));
}

TEST_F(DockerArchive, BoundsEntriesSizesAndNames) {
  EXPECT_EQ(import(good(), {.max_entries = 2}).error().code, ErrorCode::limit);
  EXPECT_EQ(import(good(), {.max_entry_bytes = 20}).error().code, ErrorCode::limit);
  EXPECT_EQ(import(good(), {.max_manifest_bytes = 20}).error().code, ErrorCode::limit);
  EXPECT_EQ(import(good(), {.max_path_bytes = 5}).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace ocibench::oci
