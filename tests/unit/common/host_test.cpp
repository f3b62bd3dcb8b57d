#include "common/host.hpp"

#include <unistd.h>

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>

namespace ocibench {
namespace {

using testing::HasSubstr;

/// Without what the environment says about folders.
class DefaultFolders : public testing::Test {
 protected:
  DefaultFolders() {
    for (const char* name : {"HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"}) {
      ::unsetenv(name);
    }
  }
};

TEST_F(DefaultFolders, AreBelowTheHomeOfTheEnvironment) {
  ::setenv("HOME", "/home/us", 1);
  EXPECT_EQ(default_cache_directory(), "/home/us/.cache/ocibench");
  EXPECT_EQ(default_tools_directory(), "/home/us/.local/share/ocibench/tools");
}

TEST_F(DefaultFolders, AreBelowTheHomeOfTheUserDatabaseElse) {
  const passwd* const entry = ::getpwuid(::geteuid());
  if (entry == nullptr) {
    GTEST_SKIP() << "this user has no entry";
  }
  const std::filesystem::path home = entry->pw_dir;
  EXPECT_EQ(default_cache_directory(), home / ".cache/ocibench");
  EXPECT_EQ(default_tools_directory(), home / ".local/share/ocibench/tools");
}

TEST_F(DefaultFolders, MustBeNamedWhereThereAreNone) {
  EXPECT_TRUE(check_default_folders("/cache", "/tools"));
  const auto both = check_default_folders("", "");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().code, ErrorCode::usage);
  EXPECT_THAT(both.error().message, HasSubstr("name folders with --cache and --tools"));
  EXPECT_THAT(check_default_folders("/cache", "").error().message,
              HasSubstr("name a folder with --tools"));
  EXPECT_THAT(check_default_folders("", "/tools").error().message,
              HasSubstr("name a folder with --cache"));
}

}  // namespace
}  // namespace ocibench
