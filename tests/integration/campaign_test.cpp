// Both programs, real registries, a real tool, over ZeroMQ: what a person does with them, and what
// must hold when something is killed.

#include <signal.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/durable/record_log.hpp"
#include "coordinator/analysis/journal.hpp"
#include "tests/integration/campaign_run.hpp"

namespace ocibench::integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// Every finished iteration of a bundle's journal, with how often it is there.
std::map<std::string, int> finished_iterations(const std::filesystem::path& bundle) {
  auto log = durable::RecordLog::open_read_only(bundle / "journal.sqlite");
  EXPECT_TRUE(log.has_value());
  auto journal = coordinator::read_journal(*log);  // also checks that streams are contiguous
  EXPECT_TRUE(journal.has_value());
  std::map<std::string, int> counts;
  for (const JournalEntry& entry : *journal) {
    if (const auto* record = std::get_if<AgentRecord>(&entry.body)) {
      if (const auto* done = std::get_if<IterationFinished>(record)) {
        ++counts[done->id.trial.str() + " attempt " + std::to_string(done->id.attempt) + " i" +
                 std::to_string(done->iteration.index)];
      }
    }
  }
  return counts;
}

TEST_F(CampaignRun, MeasuresSkopeoBetweenTwoRegistriesAndVerifies) {
  const auto run = testing_support::run_program(
      directory_.path(), run_local(write_campaign(R"("skopeo", "null")", 3)), kPatience);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESULT: VALID 6/6"));
  EXPECT_THAT(run.out, HasSubstr("skopeo 1."));
  for (const char* file :
       {"campaign.toml", "plan.json", "environment.json", "subjects.json", "iterations.csv",
        "summary.json", "summary.md", "journal.sqlite", "SHA256SUMS", "samples", "logs"}) {
    EXPECT_TRUE(std::filesystem::exists(bundle() / file)) << file;
  }
  const auto verify =
      testing_support::run_program(directory_.path(), ocibench({"verify", bundle().string()}));
  EXPECT_EQ(verify.status, 0) << verify.out << verify.err;
  EXPECT_FALSE(std::filesystem::exists(path("results") / ".running"));
}

TEST_F(CampaignRun, LetsItsOwnAgentReadTheFilesOfTheCampaign) {
  const std::string campaign = write_campaign(R"("null")", 3);
  ASSERT_EQ(testing_support::run_program(directory_.path(), ocibench({"plan", campaign})).status,
            0);
  const auto layout = std::filesystem::directory_iterator(path("cache"))->path();
  std::filesystem::create_directories(path("kept"));
  std::filesystem::create_directories(path("data"));
  std::filesystem::copy(layout, path("kept/app"), std::filesystem::copy_options::recursive);
  std::filesystem::create_symlink(path("kept/app"), path("named"));
  for (const char* folder : {"competitors", "scenarios"}) {
    std::filesystem::copy(std::filesystem::path(OCIBENCH_SOURCE_DIR) / folder,
                          path("data") / folder, std::filesystem::copy_options::recursive);
  }
  std::ofstream(path("data/scenarios/corpora/tiny.toml"))
      << "schema = 1\nname = \"tiny\"\n[[files]]\npath = \"" << path("named").string()
      << "\"\nrepository = \"synthetic/image-01\"\ntag = \"1\"\n";
  const auto run = testing_support::run_program(
      directory_.path(),
      {std::string(OCIBENCH_BINARY_DIR) + "/ocibench", "run", "--local", campaign, "--results",
       path("results").string(), "--data", path("data").string(), "--cache",
       path("cache-of-files").string()},
      kPatience);
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESULT: VALID 3/3"));
}

TEST_F(CampaignRun, EndsIncompleteWhenItsAgentIsKilledInTheThirdIteration) {
  auto run = start("run", run_local(write_campaign(R"("sleep")", 5)));
  ASSERT_TRUE(run.wait_for_err("measure 3/5", kPatience)) << run.err();
  const auto pids = testing_support::run_program(
      directory_.path(), {"/usr/bin/pgrep", "-P", std::to_string(run.pid())});
  ASSERT_EQ(pids.status, 0) << pids.err;
  ::kill(std::stoi(pids.out), SIGKILL);
  ASSERT_EQ(run.wait(kPatience), 2) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("INCOMPLETE 2/5"));
  EXPECT_THAT(run.out(), HasSubstr("the process of agent local ended"));
  EXPECT_EQ(finished_iterations(bundle()).size(), 2U);
  // What the agent had started went with it: pgrep ends with 1 when nothing matches.
  const auto left = testing_support::run_program(
      directory_.path(), {"/usr/bin/pgrep", "-f", "-a", path("results").string()});
  EXPECT_EQ(left.status, 1) << left.out;
}

TEST_F(CampaignRun, GivesTheTrialToASecondAgentWhenTheFirstIsKilled) {
  for (const char* name : {"coordinator", "first", "second"}) {
    admit(name);
  }
  auto run = start("run", run_listening(write_campaign(R"("sleep")", 3)));
  const std::string endpoint = endpoint_of(run);
  auto first = start("first", agent_command(endpoint, "first", path("state-first")));
  ASSERT_TRUE(run.wait_for_err("measure 2/3", kPatience)) << run.err() << first.err();
  auto second = start("second", agent_command(endpoint, "second", path("state-second")));
  ASSERT_TRUE(run.wait_for_err("agent second is here", kPatience)) << run.err() << second.err();
  first.signal(SIGKILL);
  ASSERT_EQ(run.wait(kPatience), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("VALID 3/3"));
  EXPECT_EQ(second.wait(kPatience), 0);
  const auto counts = finished_iterations(bundle());
  EXPECT_EQ(counts.count("cold/sleep/r1 attempt 2 i3"), 1U);
}

TEST_F(CampaignRun, LosesAndRepeatsNothingWhenTheCoordinatorIsKilledTenTimes) {
  std::mt19937 random(20261121);
  const std::string campaign = write_campaign(R"("skopeo", "sleep")", 5);
  auto run = std::make_unique<testing_support::Program>(start("run-0", run_local(campaign)));
  // Killed before its journal exists there is nothing to resume: that is another test's matter.
  ASSERT_TRUE(run->wait_for_err("goes to agent", kPatience)) << run->err();
  int kills = 0;
  for (; kills < 10; ++kills) {
    if (run->wait(milliseconds(random() % 1200))) {
      break;
    }
    run->signal(SIGKILL);
    run->wait(kPatience);
    run = std::make_unique<testing_support::Program>(
        start("run-" + std::to_string(kills + 1), resume()));
  }
  ASSERT_EQ(run->wait(kPatience), 0) << run->err();
  EXPECT_GE(kills, 5) << "the campaign was over too soon to mean much";
  EXPECT_THAT(run->out(), HasSubstr("VALID 10/10"));
  const auto counts = finished_iterations(bundle());
  EXPECT_EQ(counts.size(), 10U);
  for (const auto& [iteration, times] : counts) {
    EXPECT_EQ(times, 1) << iteration;
    EXPECT_THAT(iteration, HasSubstr("attempt 1"));
  }
}

TEST_F(CampaignRun, KeepsWhatWasFinishedWhenItIsInterrupted) {
  auto run = start("run", run_local(write_campaign(R"("sleep")", 5)));
  ASSERT_TRUE(run.wait_for_err("measure 3/5", kPatience)) << run.err();
  run.signal(SIGINT);
  ASSERT_EQ(run.wait(kPatience), 130) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("INCOMPLETE 2/5"));
  EXPECT_EQ(finished_iterations(bundle()).count("cold/sleep/r1 attempt 1 i2"), 1U);
}

TEST_F(CampaignRun, KeepsWhatWasFinishedWhenItsTerminalIsClosed) {
  auto run = start("run", run_local(write_campaign(R"("sleep")", 5)));
  ASSERT_TRUE(run.wait_for_err("measure 3/5", kPatience)) << run.err();
  run.signal(SIGHUP);
  ASSERT_EQ(run.wait(kPatience), 130) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("INCOMPLETE 2/5"));
}

TEST_F(CampaignRun, IsNotMovedByAClosedTerminalUnderNohup) {
  auto words = run_local(write_campaign(R"("sleep")", 3));
  words.insert(words.begin(), "/usr/bin/nohup");
  auto run = start("run", words);
  ASSERT_TRUE(run.wait_for_err("measure 2/3", kPatience)) << run.err();
  run.signal(SIGHUP);
  EXPECT_EQ(run.wait(kPatience), 0) << run.err();
}

TEST_F(CampaignRun, SaysThatItsOutputCouldNotBeWritten) {
  auto words = ocibench({"plan", write_campaign(R"("sleep")", 3)});
  std::string line = "exec";
  for (const std::string& word : words) {
    line += " '" + word + "'";
  }
  const auto run =
      testing_support::run_program(directory_.path(), {"/bin/sh", "-c", line + " >/dev/full"});
  EXPECT_EQ(run.status, 74);
  EXPECT_THAT(run.err, HasSubstr("cannot write to stdout: No space left on device"));
}

TEST_F(CampaignRun, RefusesAFolderInPlaceOfACampaign) {
  const auto run = testing_support::run_program(directory_.path(), ocibench({"plan", "/tmp"}));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("/tmp is a folder where a file is expected"));
}

TEST_F(CampaignRun, RefusesTwoIterationsAndSaysWhy) {
  const auto run =
      testing_support::run_program(directory_.path(), run_local(write_campaign(R"("skopeo")", 2)));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("campaign.toml:6"));
  EXPECT_THAT(run.err, HasSubstr("median"));
}

TEST_F(CampaignRun, NamesTheNearestToolForAMisspeltOne) {
  const auto run =
      testing_support::run_program(directory_.path(), run_local(write_campaign(R"("skopoe")", 3)));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("campaign.toml:4"));
  EXPECT_THAT(run.err, HasSubstr("did you mean `skopeo`?"));
}

TEST_F(CampaignRun, NamesTheNearestKeyForAMisspeltOne) {
  const auto run = testing_support::run_program(
      directory_.path(), run_local(write_campaign(R"("skopeo")", 3, "agent_wiat_s = 3\n")));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("did you mean `agent_wait_s`?"));
}

TEST_F(CampaignRun, DoesNotWaitForMoreAgentsThanLocalModeHas) {
  const auto run = testing_support::run_program(
      directory_.path(), run_local(write_campaign(R"("skopeo")", 3, "\n[agents]\nexpected = 2\n")));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("this campaign needs 2 agents"));
}

TEST_F(CampaignRun, NamesAMissingFile) {
  const auto run = testing_support::run_program(directory_.path(), run_local("no-such.toml"));
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("no-such.toml"));
}

TEST_F(CampaignRun, SaysWhatToInstallWhenAToolIsMissing) {
  // Only the agent's PATH counts: an empty one stands for a machine without the package.
  const std::string campaign = write_campaign(R"("skopeo")", 3);
  std::vector<std::string> words = {"/usr/bin/env", "PATH=" + path("empty").string()};
  for (const std::string& word : run_local(campaign)) {
    words.push_back(word);
  }
  const auto run = testing_support::run_program(directory_.path(), words, kPatience);
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_THAT(run.out, HasSubstr("apt-get install skopeo"));
}

TEST_F(CampaignRun, ExplainsThatThereIsNothingToResume) {
  const auto run = testing_support::run_program(directory_.path(), resume());
  EXPECT_EQ(run.status, 65);
  EXPECT_THAT(run.err, HasSubstr("nothing to resume"));
}

TEST_F(CampaignRun, NeedsKeysOrLocalMode) {
  const auto run = testing_support::run_program(
      directory_.path(),
      ocibench({"run", write_campaign(R"("skopeo")", 3), "--results", path("results").string()}));
  EXPECT_EQ(run.status, 64);
  EXPECT_THAT(run.err, HasSubstr("--local"));
  EXPECT_THAT(run.err, HasSubstr("ocibench keygen"));
  EXPECT_FALSE(std::filesystem::exists(path("results")));
}

}  // namespace
}  // namespace ocibench::integration
