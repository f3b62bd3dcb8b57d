// What disks do: full ones and damaged files, at the agent and at the coordinator. The promised
// outcomes are in docs/reference/faults.md, a row for each test here.

#include <signal.h>

#include <fstream>

#include <gmock/gmock.h>

#include "tests/fault/fleet_run.hpp"
#include "tests/support/small_disk.hpp"

namespace ocibench::fault {
namespace {

using testing::HasSubstr;
using testing_support::SmallDisk;

constexpr std::uint64_t kSmall = 300'000'000;  // agents want 256 MB free for a trial

class DiskFault : public FleetRun {
 protected:
  void SetUp() override {
    if (!SmallDisk::permitted()) {
      GTEST_SKIP() << "needs root to mount a file system";
    }
    admit("lane-1");
    admit("lane-2");
  }
  void measure_first(int iterations) {
    start_coordinator(write_campaign(R"("sleep")", iterations));
    start_agent("lane-1");
    ASSERT_TRUE(coordinator().wait_for_err("measure 1/", kPatience)) << coordinator().err();
  }
  void expect_valid(const std::string& verdict) {
    ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
    EXPECT_THAT(coordinator().out(), HasSubstr(verdict));
  }
};

std::filesystem::path file_below(const std::filesystem::path& folder, const std::string& name) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == name) {
      return entry.path();
    }
  }
  throw std::runtime_error("no " + name + " below " + folder.string());
}

/// Everything behind the first `kept` bytes becomes noise.
void damage(const std::filesystem::path& file, std::size_t kept) {
  const auto size = std::filesystem::file_size(file);
  ASSERT_GT(size, kept) << file;
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(static_cast<std::streamoff>(kept));
  const std::string noise(static_cast<std::size_t>(size) - kept, '\x5a');
  out.write(noise.data(), static_cast<std::streamsize>(noise.size()));
}

TEST_F(DiskFault, AFullDiskAtAnAgentEndsItAndItsTrialGoesToASpare) {
  SmallDisk disk(path("state-lane-1"), kSmall);
  measure_first(3);
  disk.fill();
  EXPECT_NE(agent("lane-1").wait(kPatience).value_or(0), 0);
  EXPECT_THAT(agent("lane-1").err(), HasSubstr("spool.sqlite: database or disk is full"));
  ASSERT_TRUE(coordinator().wait_for_err("agent lane-1 left: ", kPatience)) << coordinator().err();
  start_agent("lane-2");
  expect_valid("VALID 3/3");
}

TEST_F(DiskFault, AFullDiskAtTheCoordinatorStopsItAndAResumeGoesOn) {
  SmallDisk disk(path("results"), kSmall);
  measure_first(4);
  disk.fill();
  EXPECT_EQ(coordinator().wait(kPatience), 74) << coordinator().err();
  EXPECT_THAT(coordinator().err(), HasSubstr("writing the journal"));
  EXPECT_THAT(coordinator().err(), HasSubstr("ocibench run --resume"));
  disk.free();
  resume_coordinator();
  expect_valid("VALID 4/4");
  EXPECT_TRUE(nothing_acknowledged_is_lost());
}

TEST_F(DiskFault, ALimitOfFileSizesAtTheCoordinatorStopsItAndAResumeGoesOn) {
  const std::string campaign = write_campaign(R"("sleep")", 8);
  // The corpus is in the cache before files are limited to less than its layers need.
  ASSERT_EQ(testing_support::run_program(directory_.path(), ocibench({"plan", campaign})).status,
            0);
  start_coordinator(campaign, "127.0.0.1", {"/usr/bin/prlimit", "--fsize=200000"});
  start_agent("lane-1");
  EXPECT_EQ(coordinator().wait(kPatience), 74) << coordinator().err();
  EXPECT_THAT(coordinator().err(), HasSubstr("writing the journal"));
  EXPECT_THAT(coordinator().err(), HasSubstr("ocibench run --resume"));
  resume_coordinator();
  expect_valid("VALID 8/8");
}

TEST_F(DiskFault, ADamagedSpoolIsRefusedAndItsTrialGoesToASpare) {
  measure_first(3);
  agent("lane-1").signal(SIGKILL);
  ASSERT_TRUE(agent("lane-1").wait(kPatience));
  std::filesystem::remove(path("state-lane-1") / "spool.sqlite-wal");
  damage(path("state-lane-1") / "spool.sqlite", 100);
  start_agent("lane-1");
  EXPECT_EQ(agent("lane-1").wait(kPatience), 65) << agent("lane-1").err();
  EXPECT_THAT(agent("lane-1").err(), HasSubstr("spool.sqlite"));
  start_agent("lane-2");
  expect_valid("VALID 3/3");
}

TEST_F(DiskFault, ADamagedJournalIsRefusedAndKept) {
  measure_first(3);
  coordinator().signal(SIGKILL);
  ASSERT_TRUE(coordinator().wait(kPatience));
  const auto journal = file_below(path("results"), "journal.sqlite");
  std::filesystem::remove(journal.string() + "-wal");
  damage(journal, 100);
  const auto size = std::filesystem::file_size(journal);
  resume_coordinator();
  EXPECT_EQ(coordinator().wait(kPatience), 65) << coordinator().err();
  EXPECT_THAT(coordinator().err(), HasSubstr("journal.sqlite"));
  EXPECT_EQ(std::filesystem::file_size(journal), size);
}

}  // namespace
}  // namespace ocibench::fault
