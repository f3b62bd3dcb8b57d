#include "common/catalog/catalog.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/data_directory.hpp"
#include "common/file.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TemporaryDirectory empty_data() {
  auto folder = *TemporaryDirectory::create(fs::temp_directory_path(), "ocibench-catalog-");
  fs::create_directories(folder.path() / "competitors");
  fs::create_directories(folder.path() / "scenarios/corpora");
  return folder;
}

void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }

TEST(Catalog, LoadsAllThatIsShipped) {
  const auto catalog = Catalog::load(OCIBENCH_SOURCE_DIR);
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ((*catalog->tool("skopeo"))->kind, ToolKind::sync);
  EXPECT_EQ((*catalog->tool("null"))->kind, ToolKind::calibration);
  EXPECT_EQ((*catalog->tool("sleep"))->program.arguments, (std::vector<std::string>{"1"}));
  EXPECT_EQ((*catalog->registry("docker-registry"))->ready_path, "/v2/");
  EXPECT_TRUE((*catalog->scenario("cold"))->question.ends_with('?'));
  EXPECT_EQ(std::get<SyntheticSpec>((*catalog->corpus("quickstart"))->source).images, 6U);
  EXPECT_TRUE(catalog->corpus("tiny"));
}

TEST(Catalog, PrintsACaveatForEveryTool) {
  const auto catalog = Catalog::load(OCIBENCH_SOURCE_DIR);
  ASSERT_TRUE(catalog);
  for (const auto& [name, tool] : catalog->tools()) {
    EXPECT_FALSE(tool.program.caveats.empty()) << name;
  }
}

TEST(Catalog, NamesTheNearestOfAnUnknownName) {
  const auto catalog = Catalog::load(OCIBENCH_SOURCE_DIR);
  ASSERT_TRUE(catalog);
  const auto tool = catalog->tool("skope");
  ASSERT_FALSE(tool);
  EXPECT_EQ(tool.error(),
            (Error{ErrorCode::not_found, "unknown tool `skope`; did you mean `skopeo`?"}));
  EXPECT_FALSE(catalog->tool("docker-registry"));
}

TEST(Catalog, RefusesAFileUnderAnotherName) {
  const auto data = empty_data();
  write(data.path() / "scenarios/corpora/other.toml",
        "schema = 1\nname = 'tiny'\n[references]\nimages = ['h.example/a:1']\n");
  const auto catalog = Catalog::load(data.path());
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().message,
            "scenarios/corpora/other.toml: key `name` is \"tiny\"; it must be the file's own name");
}

TEST(Catalog, SaysWhereAFileIsWrong) {
  const auto data = empty_data();
  write(data.path() / "competitors/x.toml", "schema = 1\nkind = 'sync'\nname = [\n");
  const auto catalog = Catalog::load(data.path());
  ASSERT_FALSE(catalog);
  EXPECT_THAT(catalog.error().message, HasSubstr("competitors/x.toml:"));
}

TEST(FindDataDirectory, PrefersWhatIsInstalledOverTheTreeAbove) {
  const auto data = empty_data();
  const fs::path executable = data.path() / "build/bin/ocibench";
  EXPECT_EQ(find_data_directory(std::nullopt, executable), data.path());
  fs::create_directories(data.path() / "build/share/ocibench/competitors");
  fs::create_directories(data.path() / "build/share/ocibench/scenarios");
  EXPECT_EQ(find_data_directory(std::nullopt, executable), data.path() / "build/share/ocibench");
}

TEST(FindDataDirectory, LooksNowhereElseWhenTold) {
  const auto data = empty_data();
  EXPECT_EQ(find_data_directory(data.path(), "/x"), data.path());
  const auto wrong = find_data_directory(data.path() / "competitors", data.path() / "bin/ocibench");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::not_found);
}

TEST(FindDataDirectory, RefusesAFolderInWhichOthersMayWrite) {
  const auto data = empty_data();
  fs::permissions(data.path(), fs::perms::all);
  for (const auto& found : {find_data_directory(data.path(), "/x"),
                            find_data_directory(std::nullopt, data.path() / "bin/ocibench")}) {
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::bad_input);
    EXPECT_THAT(found.error().message,
                HasSubstr(data.path().string() + " may be written to by other users"));
  }
}

TEST(FindDataDirectory, SaysWhereItLooked) {
  const auto found = find_data_directory(std::nullopt, "/nowhere/bin/ocibench");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("/nowhere/share/ocibench"));
}

}  // namespace
}  // namespace ocibench::catalog
