#include "coordinator/plan/planner.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/plan/comparison_design.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

Campaign campaign() {
  return {.name = "try",
          .scenarios = {"cold"},
          .tools = {"skopeo", "null", "sleep"},
          .corpus = "quickstart"};
}

Plan plan_of(const Campaign& requested) {
  auto plan = make_plan(requested, shipped_catalog(), {.lock = made_corpus(2)});
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return *std::move(plan);
}

std::vector<std::string> tools_of_round(const Plan& plan, std::uint32_t round) {
  std::vector<std::string> tools;
  for (const Trial& trial : plan.trials) {
    if (trial.round == round) {
      tools.push_back(trial.tool);
    }
  }
  return tools;
}

TEST(MakePlan, ResolvesEveryDefault) {
  const Plan plan = plan_of(campaign());
  EXPECT_EQ(plan.iterations, 5U);
  EXPECT_EQ(plan.rounds, 1U);
  EXPECT_EQ(plan.seed, 1U);
  EXPECT_EQ(plan.rotation, "fixed");
  EXPECT_EQ(plan.registry.name, "docker-registry");
  EXPECT_EQ(plan.registry.storage, "memory");
  EXPECT_EQ(plan.registry.definition_sha256.size(), 64U);
  EXPECT_EQ(plan.corpus.name, "quickstart");
  EXPECT_EQ(plan.corpus_sha, corpus_sha(made_corpus(2)));
  EXPECT_EQ(plan.trials.size(), 3U);
}

TEST(MakePlan, TellsCalibrationFromTools) {
  const Plan plan = plan_of(campaign());
  EXPECT_FALSE(plan.tools.at(0).calibration);
  EXPECT_TRUE(plan.tools.at(1).calibration);
  EXPECT_FALSE(plan.tools.at(0).caveats.empty());
}

TEST(MakePlan, SaysWhichPlatformsAToolCopies) {
  Campaign requested = campaign();
  requested.tools = {"skopeo", "crane", "null"};
  const auto platforms = [&](std::size_t tool) {
    return plan_of(requested).tools.at(tool).platforms;
  };
  EXPECT_EQ(platforms(0), Platforms::all) << "the work is the same for all";
  EXPECT_EQ(platforms(2), std::nullopt) << "it copies nothing";
  requested.work = WorkKind::tool_default;
  EXPECT_EQ(platforms(0), Platforms::host);
  EXPECT_EQ(platforms(1), Platforms::all);
}

TEST(MakePlan, ComparesWithTheFirstToolThatCopiesUnlessToldOtherwise) {
  Campaign requested = campaign();
  requested.tools = {"null", "skopeo"};
  EXPECT_EQ(plan_of(requested).baseline, "skopeo");
  requested.tools = {"null", "sleep"};
  EXPECT_EQ(plan_of(requested).baseline, "");
  EXPECT_TRUE(compared_pairs(plan_of(requested)).empty());
}

TEST(MakePlan, RunsEveryToolOnceInEveryRoundBeforeTheNext) {
  Campaign requested = campaign();
  requested.rounds = 4;
  const Plan plan = plan_of(requested);
  EXPECT_TRUE(std::ranges::is_sorted(plan.trials, {}, &Trial::round));
  for (std::uint32_t round = 1; round <= 4; ++round) {
    EXPECT_THAT(tools_of_round(plan, round),
                testing::UnorderedElementsAre("skopeo", "null", "sleep"));
  }
}

TEST(MakePlan, NamesTrialsUniquely) {
  Campaign requested = campaign();
  requested.rounds = 3;
  std::set<TrialId> ids;
  for (const Trial& trial : plan_of(requested).trials) {
    ids.insert(trial.id);
  }
  EXPECT_EQ(ids.size(), 9U);
  EXPECT_TRUE(ids.contains(TrialId("cold/skopeo/r3")));
}

TEST(MakePlan, IsAFunctionOfTheSeed) {
  Campaign requested = campaign();
  requested.rounds = 20;
  const Plan first = plan_of(requested);
  EXPECT_EQ(first, plan_of(requested));
  requested.seed = 2;
  EXPECT_NE(first.trials, plan_of(requested).trials);
}

TEST(MakePlan, ChangesTheOrderFromRoundToRound) {
  Campaign requested = campaign();
  requested.rounds = 20;
  const Plan plan = plan_of(requested);
  std::set<std::vector<std::string>> orders;
  for (std::uint32_t round = 1; round <= 20; ++round) {
    orders.insert(tools_of_round(plan, round));
  }
  EXPECT_GT(orders.size(), 3U);
}

TEST(MakePlan, GivesTheCampaignTheTimeOfAllItsParts) {
  Campaign requested = campaign();
  requested.iterations = 3;
  requested.limits.iteration_timeout = seconds(10);
  requested.limits.overhead_timeout = seconds(20);
  requested.limits.agent_wait = seconds(7);
  EXPECT_EQ(plan_of(requested).limits.campaign_deadline, seconds(7 + 3 * (3 * 10 + 20)));
  requested.limits.campaign_deadline = seconds(9);
  EXPECT_EQ(plan_of(requested).limits.campaign_deadline, seconds(9));
}

TEST(MakePlan, RefusesToLoseAnAgentOverOneLostHeartbeat) {
  Campaign requested = campaign();
  requested.limits.heartbeat = seconds(5);
  requested.limits.agent_lost_after = seconds(10);
  const auto plan = make_plan(requested, shipped_catalog(), {.lock = made_corpus(2)});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("at least 3 heartbeats"));
}

TEST(MakePlan, RefusesACorpusThatAToolWouldMixUp) {
  ResolvedCorpus corpus = made_corpus(2);
  corpus.images.at(1).repository = "other/image-1";
  const auto plan = make_plan(campaign(), shipped_catalog(), {.lock = corpus});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("would both go to"));
}

TEST(MakePlan, RefusesMoreTrialsThanItsLimit) {
  Campaign requested = campaign();
  requested.rounds = 4000;
  const auto plan = make_plan(requested, shipped_catalog(), {.lock = made_corpus(2)});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::limit);
}

TEST(MakePlan, RefusesWhatNoAgentWouldTake) {
  const auto refusal = [](const Campaign& requested, const ResolvedCorpus& lock) {
    const auto plan = make_plan(requested, shipped_catalog(), {.lock = lock});
    return plan ? "planned" : plan.error().message;
  };
  Campaign long_one = campaign();
  long_one.scenarios = {"cold", "warm"};
  long_one.tools = {"skopeo"};
  long_one.iterations = 1000;
  long_one.limits.iteration_timeout = std::chrono::hours(24);
  EXPECT_EQ(refusal(long_one, made_corpus(2)),
            "campaign try: trial warm/skopeo/r1: trial.overhead_timeout: not above 0 and up to 366 "
            "days");
  ResolvedCorpus damaged = made_corpus(2);
  damaged.images[1].manifests[0].blobs[0].digest = "sha256:1";
  EXPECT_THAT(refusal(campaign(), damaged), StartsWith("campaign try: trial cold/"));
  EXPECT_THAT(refusal(campaign(), damaged),
              HasSubstr("lock.images[1].manifests.blobs.digest: \"sha256:1\" is neither"));
  Campaign elsewhere = campaign();
  elsewhere.registry.target = TargetSpec{TargetKind::ecr, "registry.example", "team"};
  EXPECT_THAT(refusal(elsewhere, made_corpus(2)), HasSubstr("registry.target: "));
}

// ---- sizes, lanes, observation

/// The shipped scenarios need a larger corpus than two images.
Plan plan_for(const std::vector<std::string>& scenarios, Campaign requested, int images) {
  requested.scenarios = scenarios;
  CorpusState corpus{.lock = made_corpus(images)};
  corpus.moved[0.05] = {corpus.lock.images.back()};
  auto plan = make_plan(requested, shipped_catalog(), corpus);
  EXPECT_TRUE(plan.has_value()) << plan.error().message;
  return *std::move(plan);
}

TEST(MakePlan, MakesATrialForEachSizeThatTheCorpusHas) {
  Campaign requested = campaign();
  requested.tools = {"skopeo"};
  const Plan plan = plan_for({"scale"}, requested, 30);
  std::vector<std::uint32_t> sizes;
  for (const Trial& trial : plan.trials) {
    sizes.push_back(trial.images);
  }
  EXPECT_THAT(sizes, testing::ElementsAre(10, 25, 30));
  EXPECT_EQ(plan.trials.at(0).id, TrialId("scale/skopeo/n10/r1"));
}

TEST(MakePlan, GivesAnUntimedRunTheTimeOfATimedOne) {
  Campaign requested = campaign();
  requested.iterations = 3;
  requested.limits.iteration_timeout = seconds(10);
  requested.limits.overhead_timeout = seconds(20);
  EXPECT_EQ(plan_for({"cold"}, requested, 2).trials.at(0).overhead_timeout, seconds(20));
  EXPECT_EQ(plan_for({"warm"}, requested, 2).trials.at(0).overhead_timeout, seconds(50));
}

TEST(MakePlan, CarriesWhatTheTagsMoveTo) {
  const Plan plan = plan_for({"partial"}, campaign(), 4);
  ASSERT_EQ(plan.scenarios.at(0).moved.size(), 1U);
  EXPECT_EQ(plan.scenarios.at(0).steps.tool_state, ToolState::kept);
}

TEST(MakePlan, KeepsAToolOnItsLaneUnlessLanesRotate) {
  Campaign requested = campaign();
  requested.rounds = 3;
  for (const Trial& trial : plan_of(requested).trials) {
    EXPECT_EQ(trial.lane, trial.tool == "skopeo" ? 1U : trial.tool == "null" ? 2U : 3U);
  }
}

TEST(MakePlan, PutsEveryToolOnEveryLaneOnceInALatinSquare) {
  Campaign requested = campaign();
  requested.rounds = 3;
  requested.rotation = "latin-square";
  std::set<std::pair<std::string, std::uint32_t>> tool_on_lane;
  std::set<std::pair<std::uint32_t, std::uint32_t>> lane_in_round;
  for (const Trial& trial : plan_of(requested).trials) {
    EXPECT_TRUE(tool_on_lane.emplace(trial.tool, trial.lane).second);
    EXPECT_TRUE(lane_in_round.emplace(trial.lane, trial.round).second) << "one tool at a time";
  }
  EXPECT_EQ(tool_on_lane.size(), 9U);
}

TEST(MakePlan, NeedsALaneForEachToolThatStartsTogetherWithTheOthers) {
  Campaign requested = campaign();
  requested.scenarios = {"cold-together"};
  const auto alone = make_plan(requested, shipped_catalog(), {.lock = made_corpus(2)});
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("lanes = 3 and in [agents] expected = 3"));
  requested.agents.expected = 3;
  EXPECT_EQ(plan_of(requested).scenarios[0].steps.start, Start::together);
}

TEST(MakePlan, LetsLanesOfOneHostTakeTurnsUnlessToldOtherwise) {
  Campaign requested = campaign();
  EXPECT_FALSE(plan_of(requested).agents.share_host);
  requested.agents.share_host = true;
  EXPECT_TRUE(plan_of(requested).agents.share_host);
}

TEST(MakePlan, ObservesEachToolOnceBeforeItIsMeasured) {
  Campaign requested = campaign();
  requested.rounds = 2;
  requested.observe = true;
  const Plan plan = plan_of(requested);
  EXPECT_EQ(std::ranges::count(plan.trials, TrialKind::observe, &Trial::kind), 1)
      << "calibration tools say nothing to a registry";
  EXPECT_EQ(plan.trials.at(0).id, TrialId("cold/skopeo/observe"));
  EXPECT_EQ(plan.trials.at(0).iterations, 0U);
}

}  // namespace
}  // namespace ocibench::coordinator
