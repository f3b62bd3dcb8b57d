// As many agents as a whole line-up of tools would have, each a process with a key and a spool.
//
// OCIBENCH_AGENTS=64 starts so many (default 12: each wants a second of two cores).

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/fault/fleet_run.hpp"

namespace ocibench::fault {
namespace {

class Scale : public FleetRun {
 protected:
  const unsigned agents = number_from("OCIBENCH_AGENTS", 12);

  static std::string name(unsigned agent) { return fmt::format("lane-{}", agent + 1); }
  std::string write_wide_campaign() {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << fmt::format(
        "schema = 1\nname = \"wide\"\nscenarios = [\"cold\"]\ntools = [\"null\"]\n"
        "corpus = \"tiny\"\nrounds = {0}\niterations = 3\nlanes = {0}\n\n[agents]\n"
        "expected = {0}\n\n[limits]\nagent_wait_s = 300\nagent_lost_after_s = 60\n",
        agents);
    return file.string();
  }
};

TEST_F(Scale, ManyAgentsCompleteACampaign) {
  for (unsigned i = 0; i < agents; ++i) {
    admit(name(i));
  }
  start_coordinator(write_wide_campaign());
  for (unsigned i = 0; i < agents; ++i) {
    start_agent(name(i));
  }
  ASSERT_EQ(coordinator().wait(2 * kPatience), 0) << coordinator().err();
  EXPECT_THAT(coordinator().out(), testing::HasSubstr(fmt::format("VALID {0}/{0}", 3 * agents)));
  EXPECT_THAT(coordinator().err(), testing::HasSubstr(fmt::format("({0} of {0})", agents)));
  EXPECT_TRUE(nothing_acknowledged_is_lost());
  for (unsigned i = 0; i < agents; ++i) {
    EXPECT_EQ(agent(name(i)).wait(kPatience), 0) << i;
  }
}

}  // namespace
}  // namespace ocibench::fault
