// `run --resume`: what it goes on with, what it leaves alone, and what it says.

#include <signal.h>

#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "coordinator/analysis/producers.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "coordinator/run_directory.hpp"
#include "tests/integration/campaign_run.hpp"

namespace ocibench::integration {
namespace {

using coordinator::RunDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMaxBytes = 256 * 1024 * 1024;

class Resume : public CampaignRun {
 protected:
  [[nodiscard]] std::filesystem::path folder() const {
    return std::filesystem::directory_iterator(path("results") / ".running")->path();
  }
  /// Everything that the run's journal and notes hold.
  [[nodiscard]] std::string content() const {
    std::string all = read_file(folder() / "run.json", kMaxBytes).value();
    const auto log = durable::RecordLog::open_read_only(folder() / "journal.sqlite").value();
    EXPECT_TRUE(log.scan([&](const durable::StoredRecord& record) -> Result<void> {
      all += record.stream + '/' + std::to_string(record.seq) + ' ' + record.payload + '\n';
      return {};
    }));
    return all + log.note("producers").value().value_or("");
  }
  /// A local run of the tool sleep whose coordinator was killed in its first iteration.
  void begin_and_kill(int iterations) {
    auto run = start("run", run_local(write_campaign(R"("sleep")", iterations)));
    ASSERT_TRUE(run.wait_for_err("measure 1/", kPatience)) << run.err();
    run.signal(SIGKILL);
    run.wait(kPatience);
  }
  testing_support::Finished run_program(const std::vector<std::string>& words) {
    return testing_support::run_program(directory_.path(), words, kPatience);
  }
  [[nodiscard]] std::vector<std::string> resume_named(const std::filesystem::path& run) const {
    return ocibench({"run", "--resume", run.string(), "--results", path("results").string()});
  }
};

TEST_F(Resume, OfAKeyedRunFindsItsKeysAgainOrTouchesNothing) {
  admit("coordinator");
  admit("lane-1");
  auto first = start("first", run_listening(write_campaign(R"("sleep")", 12)));
  const std::string endpoint = endpoint_of(first);
  auto agent = start("agent", agent_command(endpoint, "lane-1", path("state")));
  ASSERT_TRUE(first.wait_for_err("measure 1/", kPatience)) << first.err();
  first.signal(SIGKILL);
  first.wait(kPatience);

  std::filesystem::rename(path("keys"), path("elsewhere"));
  const std::string before = content();
  const auto refused = run_program(resume());
  EXPECT_EQ(refused.status, 64);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("the keys of this run are gone"),
                                 HasSubstr("coordinator.key"), HasSubstr("--key and --agents")));
  EXPECT_EQ(content(), before);

  auto words = resume();
  words.insert(words.end(), {"--key", (path("elsewhere") / "coordinator.key").string(), "--agents",
                             path("agents").string()});
  auto second = start("second", words);
  ASSERT_TRUE(second.wait_for_err("cold/sleep/r1 measure", kPatience)) << second.err();
  second.signal(SIGKILL);
  second.wait(kPatience);

  const auto third = run_program(resume());
  ASSERT_EQ(third.status, 0) << third.err;
  EXPECT_THAT(third.out, HasSubstr("VALID 12/12"));
  EXPECT_THAT(third.err, Not(HasSubstr("attempt 2")));
  EXPECT_EQ(agent.wait(kPatience), 0) << agent.err();
}

TEST_F(Resume, OfABundleIsRefusedAndTheBundleStays) {
  ASSERT_EQ(run_program(run_local(write_campaign(R"("null")", 3))).status, 0);
  const std::filesystem::path finished = bundle();
  const auto refused = run_program(resume_named(finished));
  EXPECT_EQ(refused.status, 65);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("finished bundle"), HasSubstr("ocibench report")));
  EXPECT_EQ(run_program(ocibench({"verify", finished.string()})).status, 0);
}

TEST_F(Resume, OfAFolderThatOnlyHasAJournalIsRefusedAndTheFolderStays) {
  std::filesystem::create_directories(path("mine"));
  std::ofstream(path("mine") / "journal.sqlite") << "my thesis";
  const auto refused = run_program(resume_named(path("mine")));
  EXPECT_EQ(refused.status, 65);
  EXPECT_EQ(read_file(path("mine") / "journal.sqlite", kMaxBytes).value(), "my thesis");
}

TEST_F(Resume, LeavesAFileThatIsNotOursAndSaysSo) {
  begin_and_kill(3);
  const std::filesystem::path run = folder();
  std::ofstream(run / "thesis.txt") << "mine";
  const auto done = run_program(resume());
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("thesis.txt was not made by ocibench"));
  EXPECT_EQ(read_file(run / "thesis.txt", kMaxBytes).value(), "mine");
  EXPECT_FALSE(std::filesystem::exists(run / "keys"));
  EXPECT_EQ(run_program(resume()).status, 65) << "and it is no run any more";
}

TEST_F(Resume, ByAnotherOcibenchIsSaidAndReported) {
  begin_and_kill(3);
  {
    auto log = durable::RecordLog::open(folder() / "journal.sqlite").value();
    ASSERT_TRUE(log.set_note("producers", "ocibench 0.0.9 (abc)"));
  }
  const auto done = run_program(resume());
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("this run was begun by ocibench 0.0.9 (abc)"));
  EXPECT_THAT(summary().at("warnings").dump(),
              AllOf(HasSubstr("producer_differs"), HasSubstr("begun by ocibench 0.0.9 (abc)")));
  EXPECT_EQ(run_program(ocibench({"verify", bundle().string()})).status, 0);
}

TEST_F(Resume, OfRecordsThatItCannotReadNamesWhoCan) {
  {
    auto directory =
        RunDirectory::create(path("results"), {.campaign = CampaignId("20991231T000000Z-0a")})
            .value();
    ASSERT_TRUE(coordinator::add_producer(directory.journal(), "ocibench 9.9.9 (abc)"));
    ASSERT_TRUE(directory.journal().append(coordinator::kCoordinatorStream, 0, "no record"));
  }
  const std::string before = content();
  const auto refused = run_program(resume());
  EXPECT_EQ(refused.status, 65);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("was begun by ocibench 9.9.9 (abc)"), HasSubstr("resume it with")));
  EXPECT_EQ(content(), before);
}

TEST_F(Resume, DoesNotTakeAnotherProcessForItsAgent) {
  begin_and_kill(3);
  auto bystander = start("bystander", {"/bin/sleep", "600"});
  {
    auto directory = RunDirectory::reopen(path("results"), {}).value();
    coordinator::RunNotes notes = directory.notes();
    ::kill(notes.local_agent.value().pid, SIGKILL);
    notes.local_agent->pid = bystander.pid();
    ASSERT_TRUE(directory.set_notes(notes));
  }
  const auto done = run_program(resume());
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("VALID 3/3"));
  EXPECT_FALSE(bystander.wait(std::chrono::milliseconds(0))) << "it was not signalled";
}

}  // namespace
}  // namespace ocibench::integration
