#include "common/gzip.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/sha256.hpp"

namespace ocibench {
namespace {

std::string compressed(std::string_view text, int level, std::size_t piece = 1'000'000) {
  std::string out;
  GzipCompressor gzip(level, [&](std::string_view bytes) {
    out += bytes;
    return Result<void>{};
  });
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    EXPECT_TRUE(gzip.write(text.substr(0, piece)));
  }
  EXPECT_TRUE(gzip.finish());
  return out;
}

Result<std::string> unpacked(std::string_view gz, std::uint64_t limit = 1'000'000'000,
                             std::size_t piece = 1'000'000) {
  std::string out;
  GzipDecompressor gunzip(limit, [&](std::string_view bytes) {
    out += bytes;
    return Result<void>{};
  });
  for (; !gz.empty(); gz.remove_prefix(std::min(piece, gz.size()))) {
    if (Result<void> written = gunzip.write(gz.substr(0, piece)); !written) {
      return tl::unexpected(written.error());
    }
  }
  return gunzip.finish().map([&] { return out; });
}

std::string sample(std::size_t bytes) {
  std::string text;
  for (unsigned int i = 1; text.size() < bytes; i = i * 1103515245U + 12345U) {
    text += i % 3 == 0 ? "the same words again " : std::to_string(i);
  }
  text.resize(bytes);
  return text;
}

class GzipLevel : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, GzipLevel, testing::Values(0, 1, 6, 9));

TEST_P(GzipLevel, GivesBackWhatWentIn) {
  for (const std::size_t bytes : {0U, 1U, 65'534U, 65'535U, 65'536U, 131'070U, 1'000'000U}) {
    const std::string text = sample(bytes);
    const Result<std::string> back = unpacked(compressed(text, GetParam()));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(*back == text) << bytes;
  }
}

TEST_P(GzipLevel, DoesNotDependOnHowTheInputIsCut) {
  const std::string text = sample(500'000);
  EXPECT_TRUE(compressed(text, GetParam(), 777) == compressed(text, GetParam()));
}

TEST_P(GzipLevel, WritesAHeaderWithoutTimeOrName) {
  const std::string gz = compressed("x", GetParam());
  EXPECT_EQ(gz.substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
  EXPECT_EQ(gz[9], '\xff');
}

TEST(GzipStored, IsTheSameWithAnyZlib) {
  EXPECT_EQ(sha256_hex(compressed(sample(200'000), 0)),
            "589ae063a9d000a3bc78400a211968a838ee93628d13ec704c420b422cd4d0d0");
}

TEST(GzipDecompressor, ReadsSeveralMembersInAnyPieces) {
  const std::string two = compressed("one ", 6) + compressed("two", 0);
  EXPECT_EQ(unpacked(two), "one two");
  EXPECT_EQ(unpacked(two, 100, 1), "one two");
}

TEST(GzipDecompressor, RefusesDamage) {
  std::string gz = compressed(sample(10'000), 6);
  EXPECT_EQ(unpacked(gz.substr(0, gz.size() - 1)).error().message, "the gzip stream ends early");
  gz[gz.size() / 2] = static_cast<char>(gz[gz.size() / 2] ^ 1);
  EXPECT_EQ(unpacked(gz).error().code, ErrorCode::bad_input);
  EXPECT_FALSE(unpacked("plain text"));
  EXPECT_FALSE(unpacked(""));
}

TEST(GzipDecompressor, StopsABomb) {
  EXPECT_EQ(unpacked(compressed(std::string(50'000'000, '\0'), 9), 1'000'000).error().code,
            ErrorCode::limit);
}

TEST(GzipFile, KeepsTextCompressedAndReplacesNothing) {
  const auto directory =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "gzip-").value();
  const std::filesystem::path path = directory.path() / "log.gz";
  Result<GzipFile> file = GzipFile::create(path);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->write("line 1\n"));
  ASSERT_TRUE(file->write("line 2\n"));
  ASSERT_TRUE(file->close());
  EXPECT_EQ(unpacked(read_file(path, 1000).value()), "line 1\nline 2\n");
  EXPECT_EQ(GzipFile::create(path).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace ocibench
