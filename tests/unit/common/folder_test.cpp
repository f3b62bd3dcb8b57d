#include "common/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class FolderTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path at(const std::string& name) const { return directory_.path() / name; }
  /// A directory with one file.
  fs::path filled(const std::string& name) const {
    fs::create_directories(at(name));
    EXPECT_TRUE(write_file_atomically(at(name) / "file", name));
    return at(name);
  }
  [[nodiscard]] const fs::path& folder() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "folder-").value();
};

TEST_F(FolderTest, RemovesWhatNobodyOwnsAnyMoreAndNothingElse) {
  const fs::path left = filled(".building-a1b2c3");
  const auto in_use = TemporaryDirectory::create(folder(), ".building-").value();
  filled("building");
  fs::create_directory_symlink(filled("elsewhere"), at(".building-link"));
  EXPECT_THAT(remove_abandoned(folder(), ".building-"), ElementsAre(left));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(in_use.path()));
  EXPECT_TRUE(fs::exists(at("building/file")));
  EXPECT_TRUE(fs::exists(at("elsewhere/file")));
}

TEST_F(FolderTest, IsRenamedOnlyToANameThatIsFree) {
  for (const auto& rename : {rename_directory, claim_and_rename}) {
    const fs::path from = filled("from");
    EXPECT_EQ(*rename(from, at("to")), Renamed::done);
    EXPECT_FALSE(fs::exists(from));
    EXPECT_EQ(read_file(at("to/file"), 100), "from");
    fs::create_directory(at("empty"));
    const fs::path second = filled("second");
    EXPECT_EQ(*rename(second, at("to")), Renamed::taken);
    EXPECT_EQ(*rename(second, at("empty")), Renamed::taken) << "somebody's, though it is empty";
    EXPECT_EQ(read_file(at("to/file"), 100), "from");
    EXPECT_TRUE(fs::exists(second / "file"));
    fs::remove_all(at("to"));
    fs::remove_all(at("empty"));
  }
}

TEST_F(FolderTest, LeavesNoClaimWhenItCannotBeRenamed) {
  EXPECT_FALSE(claim_and_rename(at("nothing"), at("to")));
  EXPECT_FALSE(fs::exists(at("to")));
}

TEST_F(FolderTest, IsSyncedWithAllThatIsInIt) {
  fs::create_symlink("nowhere", filled("tree") / "link");
  EXPECT_TRUE(sync_tree(at("tree")));
  EXPECT_FALSE(sync_tree(at("nothing")));
}

}  // namespace
}  // namespace ocibench
