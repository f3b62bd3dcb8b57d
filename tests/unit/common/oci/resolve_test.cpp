#include "common/oci/resolve.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::oci {
namespace {

namespace fs = std::filesystem;

CorpusSpec synthetic(std::uint64_t seed = 1) {
  return {
      .name = "c",
      .source = SyntheticSpec{
          .seed = seed, .images = 2, .layers = 1, .layer_bytes = 1000, .repository_prefix = "s"}};
}

class Resolve : public testing::Test {
 protected:
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "resolve-").value();
  CorpusContext context_{.cache_directory = directory_.path() / "cache"};

  [[nodiscard]] auto cached() const {
    return std::distance(fs::directory_iterator(context_.cache_directory), {});
  }
};

TEST_F(Resolve, MakesASyntheticCorpusOnce) {
  const auto first = resolve_corpus(synthetic(), context_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->name, "c");
  EXPECT_EQ(first->images.size(), 2U);
  const auto marker = fs::last_write_time(fs::directory_iterator(context_.cache_directory)->path());
  EXPECT_EQ(resolve_corpus(synthetic(), context_), first);
  EXPECT_EQ(cached(), 1);
  EXPECT_EQ(fs::last_write_time(fs::directory_iterator(context_.cache_directory)->path()), marker);
}

TEST_F(Resolve, CachesOtherSpecsApart) {
  ASSERT_TRUE(resolve_corpus(synthetic(1), context_));
  ASSERT_TRUE(resolve_corpus(synthetic(2), context_));
  EXPECT_EQ(cached(), 2);
}

TEST_F(Resolve, SaysWhichTagIsNotWhatWasLocked) {
  ResolvedCorpus lock = resolve_corpus(synthetic(), context_).value();
  const std::string now = lock.images[1].digest;
  lock.images[1].digest = "sha256:" + std::string(64, 'f');
  const auto layout = provide_layout(synthetic(), lock, context_);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::conflict);
  EXPECT_EQ(layout.error().message, "corpus c: tag moved: s-02:1 is " + now +
                                        " and was locked as " + lock.images[1].digest);
}

TEST_F(Resolve, TakesAnImageFromALocalLayout) {
  const ResolvedCorpus made = resolve_corpus(synthetic(), context_).value();
  const auto layout = provide_layout(synthetic(), made, context_).value();
  const LocalFile file{layout.directory().string(), "local/app", "v1"};
  EXPECT_EQ(resolve_corpus({.name = "l", .source = LocalFileSpec{{file}}}, context_).error().code,
            ErrorCode::bad_input);  // two images, none of them named so
  const LocalFile named{layout.directory().string(), "s-02", "1"};
  const auto local = resolve_corpus({.name = "l", .source = LocalFileSpec{{named}}}, context_);
  ASSERT_TRUE(local) << local.error().message;
  EXPECT_EQ(local->images.front(), made.images[1]);
}

// ---- local files of a corpus that somebody else has sent

class LocalFiles : public Resolve {
 protected:
  LocalFiles() {
    made_ = resolve_corpus(synthetic(), context_).value();
    const auto layout = provide_layout(synthetic(), made_, context_).value();
    for (const char* folder : {"allowed", "other"}) {
      fs::create_directories(directory_.path() / folder);
      fs::copy(layout.directory(), directory_.path() / folder / "app", fs::copy_options::recursive);
    }
    fs::create_symlink(directory_.path() / "other", path("allowed/out"));
    fs::create_symlink(directory_.path() / "allowed", path("in"));
    context_.files = {{{path("nowhere"), path("allowed")}}};
  }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() / name; }
  Result<ResolvedCorpus> resolve(const std::string& file) {
    return resolve_corpus({.name = "l", .source = LocalFileSpec{{{file, "s-02", "1"}}}}, context_);
  }

  ResolvedCorpus made_;
};

TEST_F(LocalFiles, AreReadBelowTheFoldersOfTheAgent) {
  for (const char* name : {"allowed/app", "in/app", "other/../allowed/app"}) {
    const auto local = resolve(path(name));
    ASSERT_TRUE(local) << name << ": " << local.error().message;
    EXPECT_EQ(local->images.front(), made_.images[1]) << name;
  }
}

TEST_F(LocalFiles, ElsewhereAreRefusedInTheSameWordsWhetherTheyAreThereOrNot) {
  for (const char* name : {"other/app", "other/absent", "allowed/out/app", "allowed/out/absent",
                           "allowed/../other/app", "allowed/../other/absent", "allowed/absent",
                           "allowedx", "cache", ""}) {
    const std::string file = path(name);
    const auto local = resolve(file);
    ASSERT_FALSE(local) << name;
    EXPECT_EQ(local.error().code, ErrorCode::not_found) << name;
    EXPECT_EQ(local.error().message,
              "corpus l: " + file +
                  " is not below a folder from which this agent reads local files (its option "
                  "--corpus-files), or not there");
  }
}

TEST_F(LocalFiles, DoNotLeadOutByTheIndexOfALayout) {
  fs::remove(path("allowed/app/index.json"));
  fs::create_symlink(path("other/app/index.json"), path("allowed/app/index.json"));
  EXPECT_EQ(resolve(path("allowed/app")).error().code, ErrorCode::not_found);
}

TEST_F(LocalFiles, AreNotReadAtAllWithoutAFolder) {
  context_.files = {{std::vector<fs::path>{}}};
  EXPECT_EQ(resolve(path("allowed/app")).error().code, ErrorCode::not_found);
}

TEST_F(Resolve, NoticesADamagedLocalLayout) {
  const ResolvedCorpus made = resolve_corpus(synthetic(), context_).value();
  const auto layout = provide_layout(synthetic(), made, context_).value();
  const BlobInfo layer = made.images[1].manifests.front().blobs.back();
  ASSERT_TRUE(write_file_atomically(layout.directory() / "blobs/sha256" / layer.digest.substr(7),
                                    std::string(layer.size_bytes, 'x')));
  const LocalFile file{layout.directory().string(), "s-02", "1"};
  const auto local = resolve_corpus({.name = "l", .source = LocalFileSpec{{file}}}, context_);
  EXPECT_EQ(local.error().code, ErrorCode::bad_input);
}

TEST_F(Resolve, RefusesReferencesThatAreNoCorpus) {
  const auto error = [&](std::vector<std::string> images) {
    return resolve_corpus({.name = "r", .source = ReferenceSpec{std::move(images)}}, context_)
        .error()
        .message;
  };
  EXPECT_EQ(error({}), "corpus r: the corpus names no images");
  EXPECT_EQ(error({"a.io/x:1", "b.io/x:1"}),
            "corpus r: b.io/x:1 is not at a.io: one corpus, one registry");
  EXPECT_NE(error({"a.io/x@sha256:" + std::string(64, 'a')}).find("needs a tag"),
            std::string::npos);
}

}  // namespace
}  // namespace ocibench::oci
