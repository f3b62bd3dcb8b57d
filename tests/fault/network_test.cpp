// What networks do, with a coordinator and three agents on four hosts of their own. The promised
// outcomes are in docs/reference/faults.md, a row for each test here.

#include <algorithm>
#include <fstream>
#include <map>
#include <vector>

#include <gmock/gmock.h>

#include "common/durable/record_log.hpp"
#include "coordinator/analysis/journal.hpp"
#include "tests/fault/fleet_run.hpp"

namespace ocibench::fault {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing_support::NetworkNamespaces;

class NetworkFault : public FleetRun {
 protected:
  void SetUp() override {
    if (!NetworkNamespaces::permitted()) {
      GTEST_SKIP() << "needs root and iproute2 for network namespaces";
    }
    network_ = std::make_unique<NetworkNamespaces>(4);
  }
  void start_all(const std::string& campaign) {
    start_coordinator(campaign, network_->address(0), network_->on(0));
    for (std::size_t i = 1; i <= 3; ++i) {
      start_agent("lane-" + std::to_string(i), network_->on(i));
    }
  }
  NetworkNamespaces& network() { return *network_; }

 private:
  std::unique_ptr<NetworkNamespaces> network_;
};

TEST_F(NetworkFault, NoneAtAllIsAValidCampaignWithRotation) {
  start_all(write_rotated_campaign());
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("VALID 27/27"));
  EXPECT_TRUE(nothing_acknowledged_is_lost());
}

/// When each iteration of the bundle began, by its index within the trial.
std::map<std::uint32_t, std::vector<WallTime>> starts_in(const std::filesystem::path& bundle) {
  std::map<std::uint32_t, std::vector<WallTime>> starts;
  auto log = durable::RecordLog::open_read_only(bundle / "journal.sqlite");
  const auto journal = log ? coordinator::read_journal(*log) : tl::unexpected(log.error());
  for (const JournalEntry& entry : journal.value()) {
    const auto* record = std::get_if<AgentRecord>(&entry.body);
    if (const auto* done = record ? std::get_if<IterationFinished>(record) : nullptr) {
      EXPECT_THAT(done->iteration.marks, testing::Each(testing::Not(HasSubstr("started"))));
      starts[done->iteration.index].push_back(done->iteration.started_at);
    }
  }
  return starts;
}

TEST_F(NetworkFault, NoneAtAllStartsTogetherWhatIsToStartTogether) {
  const std::filesystem::path file = path("campaign.toml");
  std::ofstream(file) << "schema = 1\nname = \"together\"\nscenarios = [\"cold-together\"]\n"
                         "tools = [\"skopeo\", \"sleep\", \"null\"]\ncorpus = \"tiny\"\n"
                         "iterations = 3\n\n[agents]\nexpected = 3\nshare_host = true\n";
  start_all(file.string());
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("VALID 9/9"));
  const std::vector<WallTime> third = starts_in(bundle()).at(3);
  ASSERT_EQ(third.size(), 3U);
  // Two iterations of "sleep" are two seconds longer than those of "null".
  EXPECT_LT(std::ranges::max(third) - std::ranges::min(third), std::chrono::milliseconds(1'500));
}

TEST_F(NetworkFault, AHostCutOffForGoodEndsIncompleteWithTheCause) {
  start_all(write_rotated_campaign("max_attempts = 1\n"));
  ASSERT_TRUE(coordinator().wait_for_err("/r2 goes to agent lane-2", kPatience));
  network().cut(2);
  // It is named within three heartbeats, long before it is given up.
  EXPECT_TRUE(coordinator().wait_for_err("agent lane-2 is silent", seconds(10)));
  ASSERT_EQ(coordinator().wait(kPatience), 2) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("INCOMPLETE"));
  EXPECT_THAT(coordinator().out(), HasSubstr("agent lane-2 was silent for more than 3 s"));
  EXPECT_TRUE(nothing_acknowledged_is_lost());
}

TEST_F(NetworkFault, AHostCutOffForGoodLeavesItsTrialsToTheOthers) {
  start_all(write_rotated_campaign());
  ASSERT_TRUE(coordinator().wait_for_err("/r2 goes to agent lane-2", kPatience));
  network().cut(2);
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("VALID 27/27"));
  EXPECT_THAT(coordinator().err(), HasSubstr("as attempt 2"));
}

TEST_F(NetworkFault, AnOutageShorterThanTheLimitCostsNothing) {
  start_all(write_rotated_campaign("agent_lost_after_s = 30\n"));
  ASSERT_TRUE(coordinator().wait_for_err("/r2 goes to agent lane-2", kPatience));
  network().cut(2);
  ASSERT_TRUE(coordinator().wait_for_err("agent lane-2 is silent", seconds(10)));
  (void)coordinator().wait(seconds(8));  // the outage
  network().heal(2);
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("VALID 27/27"));
  EXPECT_THAT(coordinator().err(), testing::Not(HasSubstr("attempt 2")));
}

TEST_F(NetworkFault, DelayLossDuplicatesAndDisorderCostNothing) {
  for (std::size_t host = 0; host < 4; ++host) {
    if (!network().disturb(host, "delay 40ms 20ms loss 3% duplicate 2% reorder 10%")) {
      GTEST_SKIP() << "this kernel has no netem";
    }
  }
  start_all(write_rotated_campaign("agent_lost_after_s = 20\n"));
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("VALID 27/27"));
  EXPECT_TRUE(nothing_acknowledged_is_lost());
}

}  // namespace
}  // namespace ocibench::fault
