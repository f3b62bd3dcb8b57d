#include "common/oci/layout.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/oci/digest.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

class LayoutTest : public testing::Test {
 protected:
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "layout-").value();
  fs::path path_ = directory_.path() / "layout";
  Layout layout_ = Layout::create(path_).value();

  /// A manifest with one blob that says it has `claimed_bytes`.
  BlobInfo put_manifest(const BlobInfo& config) {
    return layout_
        .put_blob(write_manifest({.media_type = std::string(media_type::kOciManifest),
                                  .config = Descriptor{.media_type = "a/b",
                                                       .digest = config.digest,
                                                       .size_bytes = config.size_bytes}}))
        .value();
  }
};

TEST_F(LayoutTest, GivesBackBlobsAndImages) {
  const BlobInfo blob = layout_.put_blob("content").value();
  EXPECT_EQ(blob, (BlobInfo{sha256_digest("content"), 7}));
  const std::vector<Descriptor> images = {
      {.media_type = std::string(media_type::kOciManifest),
       .digest = blob.digest,
       .size_bytes = 7,
       .annotations = {{std::string(kRefNameAnnotation), "r:t"}}}};
  ASSERT_TRUE(layout_.set_images(images));
  const Layout again = Layout::open(path_).value();
  EXPECT_EQ(again.images(), images);
  EXPECT_EQ(again.read_blob(blob.digest, 7), "content");
  EXPECT_EQ(again.read_blob(blob.digest, 6).error().code, ErrorCode::limit);
}

TEST_F(LayoutTest, IgnoresFilesThatItDoesNotKnow) {
  ASSERT_TRUE(write_file_atomically(path_ / "README", "x"));
  ASSERT_TRUE(write_file_atomically(path_ / "blobs/sha256/odd", "x"));
  EXPECT_TRUE(Layout::open(path_));
}

TEST_F(LayoutTest, RefusesWhatIsNoLayout) {
  EXPECT_EQ(Layout::open(directory_.path()).error().code, ErrorCode::not_found);
  ASSERT_TRUE(write_file_atomically(path_ / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})"));
  EXPECT_EQ(Layout::open(path_).error().code, ErrorCode::bad_input);
  EXPECT_EQ(Layout::create(path_).error().code, ErrorCode::conflict);
}

TEST_F(LayoutTest, FollowsNoSymbolicLinks) {
  const std::string secret = sha256_digest("secret");
  ASSERT_TRUE(write_file_atomically(directory_.path() / "outside", "secret"));
  fs::create_symlink(directory_.path() / "outside", path_ / "blobs/sha256" / secret.substr(7));
  EXPECT_FALSE(layout_.has_blob(secret));
  EXPECT_FALSE(layout_.open_blob(secret));
  fs::rename(path_ / "blobs", directory_.path() / "elsewhere");
  fs::create_symlink(directory_.path() / "elsewhere", path_ / "blobs");
  EXPECT_EQ(Layout::open(path_).error().code, ErrorCode::bad_input);
}

TEST_F(LayoutTest, TakesOnlyDigestsForNames) {
  EXPECT_EQ(layout_.open_blob("sha256:../../oci-layout").error().code, ErrorCode::bad_input);
}

TEST_F(LayoutTest, LeavesNothingOfABlobThatIsNotCommitted) {
  { ASSERT_TRUE(layout_.new_blob()->write("half")); }
  EXPECT_TRUE(fs::is_empty(path_ / "blobs/sha256"));
}

TEST_F(LayoutTest, NoticesABlobThatIsNotWhatItsNameSays) {
  const BlobInfo blob = layout_.put_blob("content").value();
  ASSERT_TRUE(write_file_atomically(path_ / "blobs/sha256" / blob.digest.substr(7), "CONTENT"));
  EXPECT_EQ(layout_.read_blob(blob.digest, 100).error().code, ErrorCode::bad_input);
}

TEST_F(LayoutTest, ClosureWantsEveryBlobInItsSize) {
  const BlobInfo config = layout_.put_blob("{}").value();
  EXPECT_EQ(layout_.closure(put_manifest(config).digest)->front().blobs,
            std::vector<BlobInfo>{config});
  EXPECT_EQ(layout_.closure(put_manifest({config.digest, 3}).digest).error().code,
            ErrorCode::bad_input);
  EXPECT_EQ(layout_.closure(put_manifest({sha256_digest("absent"), 6}).digest).error().code,
            ErrorCode::not_found);
}

}  // namespace
}  // namespace ocibench::oci
