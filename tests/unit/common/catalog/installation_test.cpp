#include "common/catalog/installation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Method = Installation::Method;

std::string install_error(const std::string& table) {
  auto document = TomlDocument::parse("[install]\n" + table, "t.toml");
  TomlTable root = document->root();
  read_installation(root);
  const auto finished = document->finish();
  return finished ? "" : finished.error().message;
}

TEST(Installation, NeedsExactlyOneWay) {
  EXPECT_EQ(install_error("apt = 'skopeo'"), "");
  EXPECT_EQ(install_error("go = 'example.org/x'\nversion = 'v1'"), "");
  EXPECT_THAT(install_error(""), HasSubstr("exactly one of"));
  EXPECT_THAT(install_error("apt = 'x'\nmanual = 'ask for it'"), HasSubstr("exactly one of"));
}

TEST(Installation, IsPinnedWhereSomethingIsBuilt) {
  EXPECT_THAT(install_error("go = 'example.org/x'"), HasSubstr("`version`"));
  EXPECT_THAT(install_error("cargo = 'x'"), HasSubstr("`version`"));
}

TEST(Installation, PutsGoProgramsAndTheirCachesInOurFolders) {
  EXPECT_THAT(install_command(
                  {.method = Method::go, .what = "e.org/x", .version = "v1", .tags = {"a", "b"}},
                  "/tools/x", "/tmp/s"),
              ElementsAre("env", "CGO_ENABLED=0", "GOBIN=/tools/x/bin", "GOPATH=/tmp/s/path",
                          "GOMODCACHE=/tmp/s/modules", "GOCACHE=/tmp/s/cache", "go", "install",
                          "-modcacherw", "-tags=a,b", "e.org/x@v1"));
}

TEST(Installation, PutsRustProgramsAndTheirCachesInOurFolders) {
  EXPECT_THAT(
      install_command({.method = Method::cargo, .what = "x", .version = "1.2.3"}, "/tools/x",
                      "/tmp/s"),
      ElementsAre("env", "CARGO_HOME=/tmp/s/cargo", "CARGO_TARGET_DIR=/tmp/s/target", "cargo",
                  "install", "--root", "/tools/x", "--locked", "--version", "1.2.3", "x"));
}

TEST(Installation, LetsNoServiceStartWithAPackage) {
  const auto words =
      install_command({.method = Method::apt, .what = "docker-registry"}, "/tools/x", "/tmp/s");
  ASSERT_EQ(words.size(), 5U);
  EXPECT_THAT(words[2], HasSubstr("policy-rc.d"));
  EXPECT_EQ(words.back(), "docker-registry");
}

TEST(InstallRecord, IsReadAsItWasWritten) {
  const auto folder = TemporaryDirectory::create(std::filesystem::temp_directory_path(), "record-");
  const InstallRecord record{"x", "go install x", "1.2.3", std::string(64, 'a'), "now"};
  ASSERT_TRUE(write_install_record(folder->path() / "x", record));
  EXPECT_EQ(read_install_record(folder->path() / "x"), record);
}

TEST(InstallRecord, ThatIsDamagedIsAnError) {
  const auto folder = TemporaryDirectory::create(std::filesystem::temp_directory_path(), "record-");
  const auto file = folder->path() / "installed.json";
  EXPECT_EQ(read_install_record(folder->path() / "x").error().code, ErrorCode::not_found);
  for (const char* const text : {"", "[]", "{\"tool\": 7}"}) {
    ASSERT_TRUE(write_file_atomically(file, text));
    EXPECT_EQ(read_install_record(folder->path() / "x").error().code, ErrorCode::bad_input) << text;
  }
}

}  // namespace
}  // namespace ocibench::catalog
