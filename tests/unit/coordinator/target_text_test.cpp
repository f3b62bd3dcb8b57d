#include "coordinator/plan/target_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/reference.hpp"
#include "common/model/target.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(EcrHost, IsToldByItsShape) {
  EXPECT_EQ(parse_ecr_host("123456789012.dkr.ecr.eu-central-1.amazonaws.com"),
            (EcrHost{"123456789012", "eu-central-1"}));
  EXPECT_EQ(parse_ecr_host("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"),
            (EcrHost{"123456789012", "cn-north-1"}));
  for (const char* host : {"public.ecr.aws", "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
                           "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
                           "x23456789012.dkr.ecr.eu-central-1.amazonaws.com",
                           "123456789012.dkr.ecr..amazonaws.com", ""}) {
    EXPECT_EQ(parse_ecr_host(host), std::nullopt) << host;
  }
}

TEST(UniquePrefix, IsARepositorysNameBelowTheTargetsAndNeverTheSame) {
  const TargetSpec target{.kind = TargetKind::remote, .host = "r.example", .prefix = "team/bench"};
  const auto prefix = [&](std::uint32_t attempt, std::uint32_t iteration) {
    return unique_prefix(target, "20261122T044512Z-0a1b2c", "cold/image-syncer/n2/r1", attempt,
                         iteration);
  };
  EXPECT_EQ(prefix(1, 2), "team/bench/20261122t044512z-0a1b2c/cold-image-syncer-n2-r1-a1-i2");
  EXPECT_NE(prefix(1, 2), prefix(2, 2));
  EXPECT_NE(prefix(1, 2), prefix(1, 1));
  for (const char* campaign : {"___", "A--b", "-x-", "a__b"}) {
    EXPECT_TRUE(is_repository(unique_prefix(target, campaign, "t/", 1, 1))) << campaign;
  }
}

TEST(TargetBelow, IsOneLevelFurtherDownUnlessItIsLocal) {
  const TargetSpec target{.kind = TargetKind::ecr, .host = "r.example", .prefix = "team/bench"};
  EXPECT_EQ(to_string(below(target, "202611220440")), "r.example/team/bench/202611220440");
  EXPECT_EQ(below(TargetSpec{}, "202611220440"), TargetSpec{});
}

TEST(TargetText, SaysWhereThingsAreAndWhatCannotBePromised) {
  Plan plan{.registry = {.name = "docker-registry", .tls = true, .storage = "memory"}};
  plan.corpus.source = SyntheticSpec{};
  EXPECT_EQ(registries_sentence(plan), "docker-registry on both sides, TLS, stored in memory");
  EXPECT_THAT(target_caveats(plan.registry.target), IsEmpty());
  plan.registry.target = {.kind = TargetKind::remote, .host = "r.example", .prefix = "team"};
  EXPECT_EQ(registries_sentence(plan),
            "from docker-registry, stored in memory to r.example/team, TLS");
  EXPECT_THAT(target_caveats(plan.registry.target), SizeIs(3));
  plan.corpus.source = ReferenceSpec{};
  plan.lock.source_host = "docker.io";
  plan.registry.target.kind = TargetKind::ecr;
  EXPECT_EQ(registries_sentence(plan), "from docker.io to r.example/team, TLS");
  EXPECT_THAT(target_caveats(plan.registry.target).back(), HasSubstr("PutImage"));
}

TEST(TargetText, CountsWhatASourceMayCount) {
  Plan plan{
      .lock = made_corpus(3),
      .scenarios = {{.name = "cold"}, {.name = "warm", .steps = {.populate = Populate::corpus}}},
      .tools = {{.name = "copier"}, {.name = "null", .calibration = true}},
      .trials = {{.scenario = "cold", .tool = "copier", .iterations = 5},
                 {.scenario = "cold", .tool = "null", .iterations = 5},
                 {.scenario = "warm", .tool = "copier", .images = 2, .iterations = 5}}};
  plan.corpus.source = SyntheticSpec{};
  EXPECT_EQ(pulls_sentence(plan), "");
  plan.corpus.source = ReferenceSpec{};
  plan.lock.source_host = "docker.io";
  // 3 manifests 1 + 5 times, the same 1 + 0 times, 2 of them 1 + 2 * 5 times.
  EXPECT_EQ(pulls_sentence(plan),
            "at least 43 requests for manifests to docker.io, pre-warming included");
}

}  // namespace
}  // namespace ocibench::coordinator
