// A run's folder: what is in it, who may read it, which folders are taken for one, and what is
// removed at its end.

#include "coordinator/run_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "coordinator/run_keys.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const CampaignId kCampaign{"20261118T110640Z-0123456789ab"};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

void write(const fs::path& file, const std::string& text = "x") { std::ofstream(file) << text; }

class RunFolder : public testing::Test {
 protected:
  [[nodiscard]] fs::path results() const { return folder_.path() / "results"; }
  [[nodiscard]] fs::path run() const { return results() / ".running" / kCampaign.str(); }
  /// And lets go of it, as a killed coordinator does.
  void create(const RunNotes& notes = {.campaign = kCampaign}) const {
    const auto made = RunDirectory::create(results(), notes);
    ASSERT_TRUE(made) << made.error().message;
  }
  [[nodiscard]] Error refusal(const fs::path& named) const {
    const auto directory = RunDirectory::reopen(results(), named);
    return directory ? Error{.message = "accepted"} : directory.error();
  }

  const TemporaryDirectory folder_ =
      TemporaryDirectory::create(fs::temp_directory_path(), "run-").value();
};

TEST_F(RunFolder, IsOpenToItsOwnerOnly) {
  create();
  for (const fs::path& closed : {results() / ".running", run(), run() / "keys"}) {
    EXPECT_EQ(mode_of(closed), 0700U) << closed;
  }
  const LocalKeyFiles files = local_key_files(run());
  for (const fs::path& secret : {files.coordinator.own, files.agent_key, run() / kRunNotesFile}) {
    EXPECT_EQ(mode_of(secret), 0600U) << secret;
  }
}

TEST_F(RunFolder, ClosesARunningFolderThatAnEarlierVersionLeftOpen) {
  fs::create_directories(results() / ".running");
  ::chmod((results() / ".running").c_str(), 0777);
  create();
  EXPECT_EQ(mode_of(results() / ".running"), 0700U);
}

TEST_F(RunFolder, IsNotMadeBehindALink) {
  fs::create_directories(folder_.path() / "elsewhere");
  fs::create_directories(results());
  fs::create_symlink(folder_.path() / "elsewhere", results() / ".running");
  const auto made = RunDirectory::create(results(), {.campaign = kCampaign});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("--results"));
  EXPECT_TRUE(fs::is_empty(folder_.path() / "elsewhere"));
}

TEST_F(RunFolder, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root to give a folder away";
  }
  constexpr uid_t kNobody = 65534;
  create();
  ASSERT_EQ(::chown(run().c_str(), kNobody, kNobody), 0);
  EXPECT_THAT(refusal(run()).message, HasSubstr("belongs to another user"));
  ASSERT_EQ(::chown(run().parent_path().c_str(), kNobody, kNobody), 0);
  EXPECT_FALSE(RunDirectory::create(results(), {.campaign = CampaignId("another")}));
}

TEST_F(RunFolder, HoldsThePairsOfKeysThatBelongTogether) {
  create();
  const LocalKeyFiles files = local_key_files(run());
  const auto keys = open_run_keys(files.coordinator, MonoTime{});
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_THAT(keys->agents.allowed().names(), ElementsAre(AgentName(kLocalAgentName)));
}

TEST_F(RunFolder, HoldsNoKeysOfOthers) {
  const RunNotes notes{.campaign = kCampaign,
                       .keys = KeyPaths{.own = "/k/coordinator.key", .of_agents = "/k/agents"},
                       .endpoint = "tcp://127.0.0.1:7",
                       .local_agent = ProcessIdentity{.pid = 12, .start_ticks = 34}};
  create(notes);
  EXPECT_FALSE(fs::exists(run() / "keys"));
  const auto directory = RunDirectory::reopen(results(), {});
  ASSERT_TRUE(directory) << directory.error().message;
  EXPECT_EQ(directory->notes(), notes);
}

TEST_F(RunFolder, KeepsItsNotes) {
  create();
  {
    auto directory = RunDirectory::reopen(results(), run());
    ASSERT_TRUE(directory) << directory.error().message;
    RunNotes notes = directory->notes();
    notes.endpoint = "tcp://127.0.0.1:1234";
    ASSERT_TRUE(directory->set_notes(notes));
  }
  EXPECT_EQ(RunDirectory::reopen(results(), {})->notes().endpoint, "tcp://127.0.0.1:1234");
}

TEST_F(RunFolder, WithNotesOfANewerOcibenchIsRefusedByName) {
  create();
  write(run() / kRunNotesFile, R"({"schema": 2, "campaign": "x"})");
  for (const fs::path& named : {fs::path(), run()}) {
    EXPECT_EQ(refusal(named).code, ErrorCode::bad_input);
    EXPECT_THAT(refusal(named).message, HasSubstr("has schema 2, this ocibench knows 1"));
  }
}

TEST_F(RunFolder, IsNotWhatElseHasAJournal) {
  create();
  const fs::path foreign = folder_.path() / "foreign";
  fs::create_directories(foreign);
  write(foreign / "journal.sqlite");
  EXPECT_EQ(refusal(foreign).code, ErrorCode::bad_input);
  EXPECT_THAT(refusal(foreign).message, HasSubstr("RESULTS/.running/CAMPAIGN"));
  EXPECT_FALSE(fs::exists(foreign / "journal.sqlite.lock")) << "not even opened";

  const fs::path neighbour = results() / ".running" / "mine";
  fs::create_directories(neighbour);
  write(neighbour / "journal.sqlite");
  EXPECT_EQ(refusal(neighbour).code, ErrorCode::bad_input);

  const fs::path renamed = results() / ".running" / "renamed";
  fs::copy(run(), renamed, fs::copy_options::recursive);
  EXPECT_THAT(refusal(renamed).message, HasSubstr("is not the folder of campaign"));

  const fs::path moved = folder_.path() / kCampaign.str();
  fs::copy(run(), moved, fs::copy_options::recursive);
  EXPECT_EQ(refusal(moved).code, ErrorCode::bad_input);
}

TEST_F(RunFolder, IsNotABundle) {
  const fs::path bundle = results() / "abc" / "local" / "def" / "20261118T110640Z";
  fs::create_directories(bundle);
  write(bundle / "journal.sqlite");
  write(bundle / "SHA256SUMS");
  EXPECT_EQ(refusal(bundle).code, ErrorCode::bad_input);
  EXPECT_THAT(refusal(bundle).message, HasSubstr("it is a finished bundle"));
  EXPECT_THAT(refusal(bundle).message, HasSubstr("ocibench report"));
}

TEST_F(RunFolder, HasFilesOfItsOwnAndNoLinksToThem) {
  create();
  for (const char* file : {"journal.sqlite", "run.json"}) {
    fs::rename(run() / file, folder_.path() / file);
    fs::create_symlink(folder_.path() / file, run() / file);
    EXPECT_EQ(refusal(run()).code, ErrorCode::bad_input) << file;
    fs::rename(folder_.path() / file, run() / file);
    EXPECT_EQ(refusal(run()).message, "accepted") << file;
  }
}

TEST_F(RunFolder, IsNotALinkToOne) {
  create();
  const fs::path link = results() / ".running" / "link";
  fs::create_symlink(run(), link);
  for (const std::string& named : {link.string(), link.string() + "/"}) {
    EXPECT_EQ(refusal(named).code, ErrorCode::bad_input) << named;
    EXPECT_THAT(refusal(named).message, HasSubstr("symbolic link")) << named;
  }
  EXPECT_EQ(refusal(run().string() + "/").message, "accepted");
}

TEST_F(RunFolder, IsNotWhatALinkInPlaceOfRunningLeadsTo) {
  create();
  const fs::path other = results() / "other";
  fs::create_directory(other);
  fs::create_directory_symlink(results() / ".running", other / ".running");
  EXPECT_EQ(refusal(other / ".running" / run().filename()).code, ErrorCode::bad_input);
  EXPECT_EQ(refusal(run()).message, "accepted");
}

TEST_F(RunFolder, IsGoneAfterItsEnd) {
  create();
  auto directory = RunDirectory::reopen(results(), {});
  ASSERT_TRUE(directory);
  fs::create_directories(run() / "agent" / "work" / "trial" / "storage");
  for (const char* file : {"agent.log", "agent/spool.sqlite", "agent/spool.sqlite-wal",
                           "agent/spool.sqlite.lock", "agent/work/trial/storage/blob"}) {
    write(run() / file);
  }
  write(run() / "run.json.Ab3xYz");
  EXPECT_THAT(directory->remove(), IsEmpty());
  EXPECT_FALSE(fs::exists(results() / ".running"));
  EXPECT_TRUE(fs::exists(results()));
}

TEST_F(RunFolder, LosesOnlyWhatWeMade) {
  create();
  auto directory = RunDirectory::reopen(results(), {});
  ASSERT_TRUE(directory);
  write(run() / "thesis.txt");
  write(run() / "keys" / "mine.key");
  write(run() / "run.json.backup.copy");
  EXPECT_THAT(directory->remove(),
              testing::UnorderedElementsAre(run() / "thesis.txt", run() / "keys",
                                            run() / "run.json.backup.copy"));
  EXPECT_TRUE(fs::exists(run() / "thesis.txt"));
  EXPECT_TRUE(fs::exists(run() / "keys" / "mine.key"));
  for (const char* file : {"journal.sqlite", "run.json", "keys/coordinator.key"}) {
    EXPECT_FALSE(fs::exists(run() / file)) << file;
  }
  EXPECT_FALSE(fs::exists(local_key_files(run()).agent_key));
}

TEST_F(RunFolder, RemovesNothingBehindALink) {
  create();
  auto directory = RunDirectory::reopen(results(), {});
  ASSERT_TRUE(directory);
  const fs::path elsewhere = folder_.path() / "elsewhere";
  fs::create_directories(elsewhere / "work");
  for (const char* file : {"spool.sqlite", "work/data", "coordinator.key"}) {
    write(elsewhere / file);
  }
  fs::remove_all(run() / "agent");
  fs::remove_all(run() / "keys");
  fs::create_symlink(elsewhere, run() / "agent");
  fs::create_symlink(elsewhere, run() / "keys");
  EXPECT_THAT(directory->remove(), testing::UnorderedElementsAre(run() / "agent", run() / "keys"));
  for (const char* file : {"spool.sqlite", "work/data", "coordinator.key"}) {
    EXPECT_TRUE(fs::exists(elsewhere / file)) << file;
  }
}

TEST_F(RunFolder, RemovesNothingWhenItHasBecomeALink) {
  create();
  auto directory = RunDirectory::reopen(results(), {});
  ASSERT_TRUE(directory);
  const fs::path elsewhere = folder_.path() / "elsewhere";
  fs::rename(run(), elsewhere);
  fs::create_directory_symlink(elsewhere, run());
  EXPECT_THAT(directory->remove(), IsEmpty());
  EXPECT_TRUE(fs::exists(elsewhere / "keys" / "coordinator.key"));
  EXPECT_TRUE(fs::exists(elsewhere / kRunNotesFile));
}

}  // namespace
}  // namespace ocibench::coordinator
