#include "agent/spool_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const BootId kNow("now");

SpooledStream stream(const std::string& campaign, std::uint64_t bytes, const BootId& boot) {
  return {.campaign = CampaignId(campaign),
          .boot = boot,
          .first = 3,
          .next = bytes == 0 ? 3U : 5U,
          .bytes = bytes};
}

SpooledStream stream(const std::string& campaign, std::uint64_t bytes) {
  return stream(campaign, bytes, BootId("earlier"));
}

/// The campaigns whose streams are dropped while "current" is at work and 100 bytes are the limit.
std::vector<std::string> dropped(const std::vector<SpooledStream>& streams) {
  std::vector<std::string> campaigns;
  for (const SpooledStream& each : streams_to_drop(streams, {CampaignId("current")}, kNow, 100)) {
    campaigns.push_back(each.campaign.str());
  }
  return campaigns;
}

TEST(SpoolLimit, KeepsOtherCampaignsUpToTheLimit) {
  EXPECT_THAT(dropped({stream("a", 60), stream("b", 40)}), IsEmpty());
}

TEST(SpoolLimit, DropsTheOldestOfOtherCampaignsAboveIt) {
  EXPECT_THAT(dropped({stream("a", 60), stream("b", 40), stream("c", 1)}), ElementsAre("a"));
  EXPECT_THAT(dropped({stream("a", 1), stream("b", 200), stream("c", 50)}), ElementsAre("a", "b"));
}

TEST(SpoolLimit, NeverDropsTheCampaignThatIsAtWorkNorCountsIt) {
  EXPECT_THAT(dropped({stream("current", 500), stream("a", 90)}), IsEmpty());
  EXPECT_THAT(dropped({stream("current", 500), stream("a", 101)}), ElementsAre("a"));
}

TEST(SpoolLimit, DropsWhatIsAcknowledgedWholeUnlessItsProcessStillCounts) {
  EXPECT_THAT(dropped({stream("a", 0), stream("b", 0, kNow), stream("current", 0)}),
              ElementsAre("a"));
}

}  // namespace
}  // namespace ocibench::agent
