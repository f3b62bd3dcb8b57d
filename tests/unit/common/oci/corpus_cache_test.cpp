#include "common/oci/corpus_cache.hpp"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

class CorpusCache : public testing::Test {
 protected:
  Result<Layout> get() {
    return cached_layout(cache_, "key", [&](const fs::path& directory) {
      ++builds_;
      return Layout::create(directory).map([](const Layout&) {});
    });
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "cache-").value();
  fs::path cache_ = directory_.path() / "a/b";
  int builds_ = 0;
};

TEST_F(CorpusCache, BuildsOnce) {
  ASSERT_TRUE(get());
  ASSERT_TRUE(get());
  EXPECT_EQ(builds_, 1);
}

TEST_F(CorpusCache, KeepsNothingOfABuildThatFailed) {
  const auto failed = cached_layout(cache_, "key", [](const fs::path& directory) -> Result<void> {
    EXPECT_TRUE(Layout::create(directory));
    return fail(ErrorCode::io, "disk full");
  });
  EXPECT_EQ(failed.error().message, "disk full");
  EXPECT_TRUE(fs::is_empty(cache_));
  EXPECT_TRUE(get());
}

TEST_F(CorpusCache, RemovesWhatAKilledBuildHasLeft) {
  fs::create_directories(cache_ / ".building-a1b2c3/layout/blobs");
  ASSERT_TRUE(get());
  EXPECT_EQ(std::distance(fs::directory_iterator(cache_), {}), 1);
}

TEST_F(CorpusCache, UsesWhatAFasterProcessFinishedMeanwhile) {
  const auto slower = cached_layout(cache_, "key", [&](const fs::path& directory) {
    EXPECT_TRUE(get());
    EXPECT_TRUE(write_file_atomically(cache_ / "key/marker", "faster"));
    return Layout::create(directory).map([](const Layout&) {});
  });
  ASSERT_TRUE(slower) << slower.error().message;
  EXPECT_TRUE(fs::exists(slower->directory() / "marker"));
  EXPECT_EQ(std::distance(fs::directory_iterator(cache_), {}), 1);
}

}  // namespace
}  // namespace ocibench::oci
