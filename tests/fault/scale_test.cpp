// As many agents as a whole line-up of tools would have, each a process with a key and a spool.
//
// OCIBENCH_AGENTS=64 starts so many (default 12: each wants a second of two cores).

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "common/file.hpp"
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
        "expected = {0}\nshare_host = true\n\n[limits]\nagent_wait_s = 300\nagent_lost_after_s = "
        "60\n",
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

class SharedHost : public FleetRun {
 protected:
  /// Three rounds of a tool that takes a second, planned for three lanes, whose agents are all
  /// here.
  void run_three_agents(const std::string& more_of_agents) {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"shared\"\nscenarios = [\"cold\"]\n"
                           "tools = [\"sleep\"]\ncorpus = \"tiny\"\nrounds = 3\niterations = 3\n"
                           "rotation = \"latin-square\"\nlanes = 3\n\n[agents]\nexpected = 3\n"
                        << more_of_agents;
    for (const char* name : {"lane-1", "lane-2", "lane-3"}) {
      admit(name);
    }
    start_coordinator(file.string());
    for (const char* name : {"lane-1", "lane-2", "lane-3"}) {
      start_agent(name);
    }
    ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
    EXPECT_THAT(coordinator().out(), testing::HasSubstr("VALID 9/9"));
  }
  [[nodiscard]] std::string report() const {
    return read_file(bundle() / "summary.md", 1'000'000).value_or("no report");
  }
};

TEST_F(SharedHost, LetsItsAgentsTakeTurns) {
  run_three_agents("");
  EXPECT_THAT(coordinator().err(), testing::HasSubstr("they take turns"));
  EXPECT_THAT(report(),
              testing::HasSubstr("- lane-1, lane-2, lane-3 share a host and its network. They took "
                                 "turns.\n"));
  EXPECT_THAT(report(), testing::Not(testing::HasSubstr("host_shared")));
}

TEST_F(SharedHost, IsSaidOfEveryIterationThatHadCompany) {
  run_three_agents("share_host = true\n");
  EXPECT_THAT(report(), testing::HasSubstr("lane-3 share a host and its network. What ran there "
                                           "at once is marked"));
  EXPECT_THAT(report(), testing::HasSubstr("`host_shared`"));
}

}  // namespace
}  // namespace ocibench::fault
