// A process that is killed while it fills a folder leaves it to whoever comes next.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fd.hpp"
#include "common/file.hpp"
#include "common/folder.hpp"

namespace ocibench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FolderKill, WhatAKilledProcessFilledIsRemovedOnlyOnceItIsDead) {
  const auto parent = TemporaryDirectory::create(fs::temp_directory_path(), "folder-kill-").value();
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto made = TemporaryDirectory::create(parent.path(), ".building-");
    const std::string path = made->path().string();
    std::ignore = ::write(writing.get(), path.data(), path.size());
    ::pause();
    ::_exit(1);
  }
  ASSERT_GT(child, 0);
  writing.reset();
  std::string path(4096, '\0');
  path.resize(static_cast<std::size_t>(::read(reading.get(), path.data(), path.size())));
  EXPECT_TRUE(fs::exists(path));
  EXPECT_THAT(remove_abandoned(parent.path(), ".building-"), IsEmpty()) << "its owner lives";
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_THAT(remove_abandoned(parent.path(), ".building-"), ElementsAre(fs::path(path)));
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace ocibench
