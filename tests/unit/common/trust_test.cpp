#include "common/trust.hpp"

#include <sys/stat.h>

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"

namespace ocibench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr uid_t kUs = 1000;
constexpr uid_t kEve = 1001;
constexpr PathRights kRootFolder{0, 0, S_IFDIR | 0755};
constexpr PathRights kSticky{0, 0, S_IFDIR | 01777};

/// Rights by path; what is not named is root's and closed to writers.
struct Trees {
  std::map<std::filesystem::path, PathRights> rights;
  Believed believed{.owners = {0, kUs}, .folders = {}};

  [[nodiscard]] std::string distrust(const std::filesystem::path& path) const {
    return find_distrust(
               path, believed,
               [this](const std::filesystem::path& each) {
                 const auto found = rights.find(each);
                 return std::optional(found == rights.end() ? kRootFolder : found->second);
               })
        .value_or("");
  }
};

TEST(FindDistrust, BelievesRootAndOurselvesDownToTheRoot) {
  const Trees trees{.rights = {{"/home/us", {kUs, kUs, S_IFDIR | 0755}},
                               {"/home/us/bin", {kUs, kUs, S_IFDIR | 0775}},
                               {"/home/us/bin/crane", {kUs, kUs, S_IFREG | 0775}}}};
  EXPECT_EQ(trees.distrust("/home/us/bin/crane"), "") << "a group of the user's own number";
  EXPECT_EQ(trees.distrust("/usr/bin/skopeo"), "");
}

TEST(FindDistrust, BelievesTheGroupOfRoot) {
  const Trees trees{.rights = {{"/srv/tools", {kUs, 0, S_IFDIR | 0775}}}};
  EXPECT_EQ(trees.distrust("/srv/tools/crane"), "");
}

TEST(FindDistrust, NamesWhatCannotBeLookedAt) {
  const auto nothing = [](const std::filesystem::path& /*path*/) {
    return std::optional<PathRights>();
  };
  EXPECT_EQ(find_distrust("/a/b", {.owners = {0}, .folders = {}}, nothing),
            "/a/b cannot be looked at");
}

TEST(FindDistrust, NamesAnOwnerWhoCouldReplaceIt) {
  const Trees trees{.rights = {{"/opt/eve", {kEve, kEve, S_IFDIR | 0755}},
                               {"/usr/bin/crane", {kEve, kEve, S_IFREG | 0755}}}};
  EXPECT_THAT(trees.distrust("/opt/eve/bin/crane"), StartsWith("/opt/eve belongs to user 1001"));
  EXPECT_THAT(trees.distrust("/usr/bin/crane"), StartsWith("/usr/bin/crane belongs to user 1001"));
}

TEST(FindDistrust, NamesAFolderThatOthersMayWriteTo) {
  const Trees trees{.rights = {{"/srv/all", {0, 0, S_IFDIR | 0777}},
                               {"/usr/local/bin", {0, 50, S_IFDIR | 02775}}}};
  EXPECT_THAT(trees.distrust("/srv/all/tools/crane"),
              StartsWith("/srv/all may be written to by other users"));
  EXPECT_THAT(trees.distrust("/usr/local/bin/crane"),
              StartsWith("/usr/local/bin may be written to by other users"));
}

TEST(FindDistrust, TakesTheStickyBitForDeeperFoldersOnly) {
  const Trees trees{.rights = {{"/tmp", kSticky},
                               {"/tmp/crane", {kUs, kUs, S_IFREG | 0755}},
                               {"/tmp/ours", {kUs, kUs, S_IFDIR | 0700}},
                               {"/tmp/ours/crane", {kUs, kUs, S_IFREG | 0755}},
                               {"/tmp/eves", {kEve, kEve, S_IFDIR | 0755}}}};
  EXPECT_EQ(trees.distrust("/tmp/ours/crane"), "");
  EXPECT_THAT(trees.distrust("/tmp/crane"), StartsWith("/tmp may be written to"));
  EXPECT_THAT(trees.distrust("/tmp"), StartsWith("/tmp may be written to")) << "a data folder";
  EXPECT_THAT(trees.distrust("/tmp/eves/crane"), StartsWith("/tmp/eves belongs to user 1001"));
}

TEST(FindDistrust, BelievesWhoeverCouldReplaceOurOwnProgram) {
  const Trees trees{.rights = {{"/work", {kEve, kEve, S_IFDIR | 0777}},
                               {"/work/data", {0, 0, S_IFDIR | 0755}},
                               {"/other", {0, 0, S_IFDIR | 0777}},
                               {"/tmp", kSticky},
                               {"/tmp/crane", {0, 0, S_IFREG | 0755}}},
                    .believed = {.owners = {0, kUs, kEve}, .folders = {"/work", "/tmp", "/"}}};
  EXPECT_EQ(trees.distrust("/work/data"), "");
  EXPECT_THAT(trees.distrust("/tmp/crane"), StartsWith("/tmp may be written to"))
      << "nobody can replace our own program in a sticky folder, but anybody can put another there";
  EXPECT_THAT(trees.distrust("/other/data"), HasSubstr("/other may be written to"));
}

TEST(FindDistrust, LooksAtWhereALinkLeads) {
  const auto base = TemporaryDirectory::create("/tmp", "trust-").value();
  const auto open = base.path() / "open";
  std::filesystem::create_directory(open);
  std::filesystem::permissions(open, std::filesystem::perms::all);
  ASSERT_TRUE(write_file_atomically(open / "tool", ""));
  std::filesystem::create_symlink(open / "tool", base.path() / "link");
  EXPECT_THAT(find_distrust(base.path() / "link").value_or(""), HasSubstr("/open may be written"));
  std::filesystem::create_symlink("/bin/sh", open / "link");
  EXPECT_THAT(find_distrust(open / "link").value_or(""), HasSubstr("/open may be written"))
      << "whoever may write there could lead it elsewhere";
  EXPECT_THAT(find_distrust(base.path() / "none").value_or(""), HasSubstr("cannot be looked at"));
  EXPECT_EQ(find_distrust("/bin/sh"), std::nullopt);
}

}  // namespace
}  // namespace ocibench
