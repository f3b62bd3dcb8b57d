#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "coordinator/plan/plan.hpp"
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
milliseconds any_duration() { return milliseconds(*rc::gen::inRange<std::int64_t>(0, 1LL << 50)); }
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
  plan.limits.max_attempts = *rc::gen::arbitrary<std::uint32_t>();
  plan.registry.target = {
      .kind = *rc::gen::element(TargetKind::local, TargetKind::remote, TargetKind::ecr),
      .host = ascii(),
      .prefix = ascii()};
  plan.registry.tls = *rc::gen::arbitrary<bool>();
  plan.tools.front().caveats = {ascii(), ascii()};
  plan.lanes = *rc::gen::arbitrary<std::uint32_t>();
  plan.observe = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    plan.comparability = {.concurrency = *rc::gen::arbitrary<std::uint32_t>(),
                          .work = WorkKind::tool_default};
  }
  plan.scenarios.front().steps = {
      .populate = Populate::corpus,
      .tool_state = *rc::gen::element(ToolState::fresh, ToolState::kept),
      .destination = Destination::other,
      .start = Start::together};
  plan.scenarios.front().sizes = {1, *rc::gen::arbitrary<std::uint32_t>()};
  plan.scenarios.front().moved = made_corpus(1).images;
  plan.tools.front().notes = {ascii()};
  plan.baseline = ascii();
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

TEST(PlanJson, RefusesAnotherSchema) {
  Json json = to_json(example_plan());
  json["schema_version"] = 2;
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
