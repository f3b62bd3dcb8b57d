// What networks do, with a coordinator and three agents on four hosts of their own. The promised
// outcomes are in docs/reference/faults.md, a row for each test here.

#include <gmock/gmock.h>

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
