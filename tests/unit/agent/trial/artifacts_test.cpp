#include "agent/artifacts.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/gzip.hpp"
#include "tests/support/trial_fakes.hpp"

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ArtifactsTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) {
    std::ofstream(directory.path() / name, std::ios::binary) << content;
    return directory.path() / name;
  }

  TemporaryDirectory directory =
      TemporaryDirectory::create(std::filesystem::temp_directory_path(), "artifacts-").value();
  RecordingReporter reporter;
  TrialLog log{{TrialId("t"), 1}, reporter};
};

TEST_F(ArtifactsTest, SplitsAFileIntoChunksOfWhichTheLastSaysSo) {
  const std::string content(ArtifactChunk::kMaxBytes + 10, 'x');
  EXPECT_THAT(upload_artifacts({write("samples.csv", content)}, 1, log), IsEmpty());
  const auto chunks = reporter.all<ArtifactChunk>();
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_FALSE(chunks[0].last);
  EXPECT_TRUE(chunks[1].last);
  EXPECT_EQ(chunks[1].offset, ArtifactChunk::kMaxBytes);
  EXPECT_EQ(reporter.artifact("samples.csv"), content);
}

TEST_F(ArtifactsTest, TellsAnEmptyFileAsOneEmptyChunk) {
  EXPECT_THAT(upload_artifacts({write("stderr.log.gz", "")}, 1, log), IsEmpty());
  const auto chunks = reporter.all<ArtifactChunk>();
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_TRUE(chunks[0].last);
}

TEST_F(ArtifactsTest, CompressesARawLog) {
  EXPECT_THAT(upload_artifacts({write("pidstat.log", "# Time\n")}, 1, log), IsEmpty());
  std::string text;
  GzipDecompressor gunzip(1000, [&](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  });
  ASSERT_TRUE(gunzip.write(reporter.artifact("pidstat.log.gz")));
  ASSERT_TRUE(gunzip.finish());
  EXPECT_EQ(text, "# Time\n");
}

TEST_F(ArtifactsTest, CutsWhatIsBeyondTheLimitAndSaysSo) {
  const auto marks = upload_artifacts(
      {write("a.csv", std::string(80, 'a')), write("b.csv", std::string(80, 'b'))}, 1, log, 100);
  EXPECT_EQ(reporter.artifact("a.csv").size(), 80U);
  EXPECT_EQ(reporter.artifact("b.csv").size(), 20U);
  EXPECT_TRUE(reporter.all<ArtifactChunk>().back().last);
  EXPECT_THAT(marks, ElementsAre(HasSubstr("b.csv: cut after 20 B of 80 B")));
}

TEST_F(ArtifactsTest, SkipsWhatIsNotThere) {
  EXPECT_THAT(upload_artifacts({directory.path() / "pidstat.log"}, 1, log), IsEmpty());
  EXPECT_THAT(reporter.records, IsEmpty());
}

}  // namespace
}  // namespace ocibench::agent
