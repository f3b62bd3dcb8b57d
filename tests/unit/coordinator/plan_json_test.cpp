#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "coordinator/plan/plan.hpp"
#include "coordinator/plan/plan_bounds.hpp"
#include "coordinator/plan/planner.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Plan example_plan() {
  const Campaign campaign{
      .name = "try", .scenarios = {"cold"}, .tools = {"skopeo", "null"}, .corpus = "quickstart"};
  return *make_plan(campaign, shipped_catalog(), {.lock = made_corpus(2)});
}

std::string ascii() { return *rc::gen::container<std::string>(rc::gen::inRange('\x20', '\x7f')); }
milliseconds any_duration() {
  return milliseconds(*rc::gen::inRange<std::int64_t>(0, kMaxTimeout.count() + 1));
}
std::uint32_t up_to(std::uint32_t most) { return *rc::gen::inRange<std::uint32_t>(0, most + 1); }
std::uint64_t any_count() { return *rc::gen::arbitrary<std::uint64_t>(); }

std::variant<SyntheticSpec, ReferenceSpec, LocalFileSpec> any_source() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return SyntheticSpec{.seed = any_count(),
                           .layer_bytes = any_count(),
                           .shared_share = *rc::gen::inRange(0, 1000) / 999.0,
                           .gzip_level = *rc::gen::inRange(0, 10),
                           .platforms = {ascii()},
                           .referrer = *rc::gen::arbitrary<bool>(),
                           .repository_prefix = ascii()};
    case 1: return ReferenceSpec{.images = {ascii(), ascii()}};
    default: return LocalFileSpec{.files = {{ascii(), ascii(), ascii()}}};
  }
}

Plan any_plan() {
  Plan plan = example_plan();
  plan.campaign_name = ascii();
  plan.seed = any_count();
  plan.corpus.source = any_source();
  plan.lock.source_host = ascii();
  plan.lock.images.front().manifests.front().children = {ascii()};
  plan.lock.images.resize(*rc::gen::inRange<std::size_t>(0, 3));
  plan.trials.front().iteration_timeout = any_duration();
  plan.trials.front().kind = TrialKind::observe;
  plan.trials.resize(*rc::gen::inRange<std::size_t>(0, 3));
  plan.limits.campaign_deadline = any_duration();
  plan.limits.max_attempts = up_to(kMaxAttempts);
  plan.registry.target = {
      .kind = *rc::gen::element(TargetKind::local, TargetKind::remote, TargetKind::ecr),
      .host = ascii(),
      .prefix = ascii()};
  plan.registry.tls = *rc::gen::arbitrary<bool>();
  plan.tools.front().caveats = {ascii(), ascii()};
  plan.lanes = up_to(kMaxPlannedLanes);
  plan.observe = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    plan.comparability = {.concurrency = up_to(kMaxConcurrency), .work = WorkKind::tool_default};
  }
  plan.scenarios.front().steps = {
      .populate = Populate::corpus,
      .tool_state = *rc::gen::element(ToolState::fresh, ToolState::kept),
      .destination = Destination::other,
      .start = Start::together};
  plan.scenarios.front().sizes = {1, *rc::gen::arbitrary<std::uint32_t>()};
  plan.scenarios.front().moved = made_corpus(1).images;
  plan.tools.front().platforms =
      *rc::gen::element<std::optional<Platforms>>(std::nullopt, Platforms::all, Platforms::host);
  plan.tools.front().notes = {ascii()};
  plan.baseline = ascii();
  plan.agents.share_host = *rc::gen::arbitrary<bool>();
  return plan;
}

RC_GTEST_PROP(PlanJson, ReadsBackWhatItWrote, ()) {
  const Plan plan = any_plan();
  const auto json = parse_json(dump_json(to_json(plan)), "plan.json");
  RC_ASSERT(json.has_value());
  const auto again = plan_from_json(*json);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == plan);
}

TEST(PlanJson, SaysWhatItIs) {
  const Json json = to_json(example_plan());
  EXPECT_EQ(json.at("schema"), "ocibench.plan");
  EXPECT_EQ(json.at("schema_version"), 1);
}

TEST(PlanJson, ReadsAPlanThatDoesNotSayWhatToolsCopyAndWritesItAsItWas) {
  Json json = to_json(example_plan());
  ASSERT_EQ(json["tools"][0].erase("platforms"), 1U);
  const auto plan = plan_from_json(json);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->tools[0].platforms);
  EXPECT_EQ(dump_json(to_json(*plan)), dump_json(json));
}

TEST(PlanJson, RefusesAnotherSchema) {
  Json json = to_json(example_plan());
  json["schema_version"] = 2;
  EXPECT_FALSE(plan_from_json(json));
}

TEST(PlanJson, ReadsPlansFromBeforeHostsCouldBeShared) {
  Json json = to_json(example_plan());
  ASSERT_EQ(json["agents"].erase("share_host"), 1U);
  EXPECT_FALSE(plan_from_json(json)->agents.share_host);
  json["agents"]["share_host"] = "yes";
  EXPECT_FALSE(plan_from_json(json));
}

TEST(PlanJson, NamesThePathOfWhatIsWrong) {
  Json json = to_json(example_plan());
  json["trials"][1]["round"] = "first";
  const auto plan = plan_from_json(json);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::bad_input);
  EXPECT_THAT(plan.error().message, HasSubstr("trials[1].round"));
}

TEST(PlanJson, RefusesNumbersThatDoNotFit) {
  for (const Json& value : {Json(-1), Json(1LL << 40), Json(1.5), Json(nullptr)}) {
    Json json = to_json(example_plan());
    json["trials"][0]["iterations"] = value;
    EXPECT_FALSE(plan_from_json(json)) << value;
  }
}

/// What is said of a plan in which one thing was changed.
template <class Change>
std::string refusal_after(const Change& change) {
  Json json = to_json(example_plan());
  change(json);
  const auto plan = plan_from_json(json);
  return plan ? "accepted" : plan.error().message;
}

TEST(PlanJson, HoldsAPlanAgainstTheBoundsOfACampaign) {
  EXPECT_EQ(refusal_after([](Json&) {}), "accepted");
  EXPECT_EQ(refusal_after([](Json& plan) { plan["trials"][0]["iterations"] = 4'000'000'000; }),
            "plan.json: iterations of all trials: 4000000005 is more than 200000");
  EXPECT_EQ(refusal_after([](Json& plan) { plan["trials"][0]["iterations"] = kMaxIterations + 1; }),
            "plan.json: trial cold/skopeo/r1: iterations: 1001 is more than 1000");
  EXPECT_EQ(refusal_after([](Json& plan) { plan["rounds"] = 4'000'000'000; }),
            "plan.json: rounds: 4000000000 is more than 1000");
  EXPECT_EQ(refusal_after([](Json& plan) { plan["lanes"] = kMaxPlannedLanes + 1; }),
            "plan.json: lanes: 2001 is more than 2000");
  EXPECT_THAT(
      refusal_after([](Json& plan) { plan["limits"]["heartbeat_ms"] = kMaxTimeout.count() + 1; }),
      HasSubstr("limits.heartbeat_ms: 86400001 is more than 86400000"));
  EXPECT_THAT(refusal_after([](Json& plan) {
                plan["trials"][0]["overhead_timeout_ms"] = std::numeric_limits<std::int64_t>::max();
              }),
              HasSubstr("overhead_timeout_ms: 9223372036854775807 is more than"));
}

TEST(PlanJson, BoundsWhatAHeadlineMayRepeat) {
  EXPECT_THAT(refusal_after([](Json& plan) {
                plan["scenarios"][0]["headline"] = std::string(kMaxHeadlineBytes + 1, 'x');
              }),
              HasSubstr("scenarios: headline, bytes: 4097 is more than 4096"));
}

TEST(PlanJson, HoldsManyTrialsAgainstABoundOfTheirSum) {
  EXPECT_THAT(refusal_after([](Json& plan) {
                for (int i = 2; i < 300; ++i) {
                  plan["trials"].push_back(plan["trials"][0]);
                  plan["trials"].back()["id"] = fmt::format("cold/skopeo/r{}", i);
                  plan["trials"].back()["iterations"] = kMaxIterations;
                }
              }),
              HasSubstr("iterations of all trials: 298010 is more than 200000"));
}

TEST(PlanJson, KnowsEveryTrialsNameToolAndScenario) {
  EXPECT_THAT(refusal_after([](Json& plan) { plan["trials"][0]["tool"] = "crane"; }),
              HasSubstr("its tool or scenario is not in the plan"));
  EXPECT_THAT(refusal_after([](Json& plan) { plan["trials"][0]["scenario"] = "warm"; }),
              HasSubstr("its tool or scenario is not in the plan"));
  EXPECT_THAT(refusal_after([](Json& plan) { plan["trials"][0]["id"] = "../../etc/passwd"; }),
              HasSubstr("an id is plain names"));
  EXPECT_THAT(refusal_after([](Json& plan) { plan["trials"][0]["id"] = plan["trials"][1]["id"]; }),
              HasSubstr("is in the plan twice"));
}

TEST(PlanJson, SurvivesTheLossOfAnyMember) {
  const Json json = to_json(example_plan());
  for (const auto& [key, value] : json.items()) {
    Json less = json;
    less.erase(key);
    EXPECT_FALSE(plan_from_json(less)) << key;
  }
}

}  // namespace
}  // namespace ocibench::coordinator
