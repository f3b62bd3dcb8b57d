// As many agents as a whole product line-up would have, each a process with a key and a spool.

#include <signal.h>

#include <fstream>

#include <gmock/gmock.h>

#include "tests/fault/fleet_run.hpp"

namespace ocibench::fault {
namespace {

class Scale : public FleetRun {
 protected:
  static constexpr int kAgents = 64;

  std::string write_wide_campaign() {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"wide\"\nscenarios = [\"cold\"]\n"
                           "tools = [\"null\"]\ncorpus = \"tiny\"\nrounds = 64\niterations = 3\n"
                           "seed = 7\nlanes = 64\n\n[agents]\nexpected = 64\n\n[limits]\n"
                           "agent_wait_s = 300\nagent_lost_after_s = 60\n";
    return file.string();
  }
};

TEST_F(Scale, SixtyFourAgentsCompleteACampaign) {
  for (int i = 0; i < kAgents; ++i) {
    admit("lane-" + std::to_string(i));
  }
  start_coordinator(write_wide_campaign());
  for (int i = 0; i < kAgents; ++i) {
    start_agent("lane-" + std::to_string(i));
  }
  ASSERT_EQ(coordinator().wait(2 * kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), testing::HasSubstr("VALID 192/192"));
  EXPECT_THAT(coordinator().err(), testing::HasSubstr("(64 of 64)"));
  EXPECT_TRUE(nothing_acknowledged_is_lost());
  for (int i = 0; i < kAgents; ++i) {
    EXPECT_EQ(agent("lane-" + std::to_string(i)).wait(kPatience), 0) << i;
  }
}

}  // namespace
}  // namespace ocibench::fault
