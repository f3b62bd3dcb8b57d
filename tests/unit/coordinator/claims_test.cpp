// What an agent claims of an iteration, held against the plan: each single thing that does not fit
// takes the number away and has a finding of its own.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/summary_md.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::attempt_of;
using testing_support::complete_iteration;
using testing_support::JournalBuilder;
using testing_support::make_plan;
using testing_support::whole_proof;

constexpr std::uint32_t kClaimedRuns = 3;
constexpr std::uint32_t kChanged = 2;  // the iteration that does not fit

/// Of make_plan(): blobs of 100 MB and twice 30 MB less 1 kB, sent twice on lo.
constexpr std::uint64_t kFloorBytes = std::uint64_t{2} * 159'998'000;

/// skopeo's iterations as they are, but for the changed one. `platform`: as the agent says.
Analysis analyse_claims(const Plan& plan, const Iteration& changed,
                        const std::string& platform = "") {
  const AttemptId id = attempt_of("skopeo");
  JournalBuilder journal;
  journal.start(plan).lease(id, "lane-1");
  TrialStarted started{.id = id, .subject = {.name = "skopeo", .label = "skopeo"}};
  if (!platform.empty()) {
    started.environment.facts[kPlatformFact] = platform;
  }
  journal.tell("lane-1", started);
  for (std::uint32_t index = 1; index <= kClaimedRuns; ++index) {
    Iteration iteration = index == kChanged ? changed : complete_iteration(index);
    iteration.index = index;
    journal.iteration(id, iteration);
  }
  journal.finish(id).run(attempt_of("null"), "lane-1", kClaimedRuns).end();
  return analyse(plan, journal.entries());
}

Plan plan_of_one() { return make_plan({"skopeo", "null"}, kClaimedRuns); }

std::vector<Finding> of_the_changed(const Analysis& analysis) {
  std::vector<Finding> found;
  std::ranges::copy_if(analysis.findings, std::back_inserter(found), [](const Finding& finding) {
    return finding.where == fmt::format("cold/skopeo/r1 attempt 1 iteration {}", kChanged);
  });
  return found;
}

struct Deviation {
  std::string name;
  std::function<void(Iteration&)> change;
  FindingCode code = FindingCode::contradiction;
  std::string text;
};

using Proof = Verification;

/// Both what it expected and what it found is another number.
Deviation other_count(const std::string& what, std::uint32_t Proof::*expected,
                      std::uint32_t Proof::*found, std::int32_t by) {
  return {what + (by < 0 ? "_less" : "_more"),
          [=](Iteration& iteration) {
            (*iteration.verification).*expected += static_cast<std::uint32_t>(by);
            (*iteration.verification).*found += static_cast<std::uint32_t>(by);
          },
          FindingCode::contradiction, what + " where the plan has"};
}

std::vector<Deviation> all_deviations() {
  const auto contradiction = FindingCode::contradiction;
  const auto below = FindingCode::egress_below_floor;
  return {
      {"no_wall", [](Iteration& i) { i.wall.reset(); }, contradiction, "without a wall time"},
      {"wall_of_nothing", [](Iteration& i) { i.wall = std::chrono::nanoseconds(0); }, contradiction,
       "without a wall time"},
      {"exit_code", [](Iteration& i) { i.exit_code = 1; }, contradiction, "did not end well"},
      {"signal", [](Iteration& i) { i.signal = 9; }, contradiction, "did not end well"},
      {"no_proof", [](Iteration& i) { i.verification.reset(); }, contradiction, "without proof"},
      {"image_not_found", [](Iteration& i) { --i.verification->images_found; }, contradiction,
       "1 of 2 images"},
      {"manifest_not_found", [](Iteration& i) { --i.verification->manifests_found; }, contradiction,
       "1 of 2 manifests"},
      {"blob_not_found", [](Iteration& i) { --i.verification->blobs_found; }, contradiction,
       "3 of 4 blobs"},
      {"named_missing", [](Iteration& i) { i.verification->missing = {"a@b: not there"}; },
       contradiction, "a@b: not there"},
      {"nothing_of_nothing",
       [](Iteration& i) {
         i.verification = Verification{.content_sha256 = i.verification->content_sha256};
       },
       contradiction, "its proof is of 0 images where the plan has 2"},
      other_count("images", &Proof::images_expected, &Proof::images_found, -1),
      other_count("images", &Proof::images_expected, &Proof::images_found, 1),
      other_count("manifests", &Proof::manifests_expected, &Proof::manifests_found, -1),
      other_count("manifests", &Proof::manifests_expected, &Proof::manifests_found, 1),
      other_count("blobs", &Proof::blobs_expected, &Proof::blobs_found, -1),
      other_count("blobs", &Proof::blobs_expected, &Proof::blobs_found, 1),
      {"bytes_less", [](Iteration& i) { --i.verification->bytes_proven; }, contradiction,
       "of 159999999 bytes where the plan has 160000000"},
      {"bytes_more", [](Iteration& i) { ++i.verification->bytes_proven; }, contradiction,
       "of 160000001 bytes where the plan has 160000000"},
      {"digest", [](Iteration& i) { i.verification->content_sha256 = std::string(64, '0'); },
       contradiction, "the digest of what was found is 000"},
      {"no_digest", [](Iteration& i) { i.verification->content_sha256.clear(); }, contradiction,
       "no digest of what was found"},
      {"bytes_below_floor", [](Iteration& i) { i.network->tx_bytes = kFloorBytes / 10 * 9 - 1; },
       below,
       "sent 288 MB where at least 0.9 x 320 MB (2 x 160 MB of unique blobs) had to be sent: the "
       "content came another way"},
      {"bytes_not_measured", [](Iteration& i) { i.network.reset(); }, below,
       "what it sent was not measured"},
      {"another_interface", [](Iteration& i) { i.network->interface = "ens5"; }, below,
       "counted on ens5"},
  };
}

class DeviatingClaims : public testing::TestWithParam<Deviation> {};

TEST_P(DeviatingClaims, HaveNoNumberWhereOneThingDoesNotFit) {
  Iteration changed = complete_iteration(kChanged);
  GetParam().change(changed);
  const Analysis analysis = analyse_claims(plan_of_one(), changed);
  const std::vector<Finding> findings = of_the_changed(analysis);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(to_string(findings[0].code), to_string(GetParam().code));
  EXPECT_THAT(findings[0].text, HasSubstr(GetParam().text));
  const TrialState& trial = analysis.state.trials[0];
  EXPECT_EQ(trial.counted[kChanged - 1].outcome.kind, OutcomeKind::invalid);
  EXPECT_EQ(trial.counted[kChanged - 1].outcome.cause, findings[0].text);
  EXPECT_EQ(trial.complete_iterations(), kClaimedRuns - 1);
  EXPECT_EQ(analysis.rows[0].aggregate.find("wall_s")->n, kClaimedRuns - 1);
  EXPECT_EQ(analysis.verdict.kind, GetParam().code == FindingCode::contradiction
                                       ? VerdictKind::invalid
                                       : VerdictKind::incomplete);
}

INSTANTIATE_TEST_SUITE_P(EachAlone, DeviatingClaims, testing::ValuesIn(all_deviations()),
                         [](const auto& deviation) { return deviation.param.name; });

TEST(ClaimsOfAnAgent, HaveANumberWhereAllFits) {
  const Analysis analysis = analyse_claims(plan_of_one(), complete_iteration(kChanged));
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_EQ(verdict_line(analysis.verdict), "RESULT: VALID 6/6");
}

TEST(ClaimsOfAnAgent, HaveNoNumberWhereThePlanHasNothingToCopy) {
  Plan plan = plan_of_one();
  plan.lock.images.clear();
  Iteration iteration = complete_iteration(kChanged);
  iteration.verification = whole_proof(plan, plan.trials[0], "");
  ASSERT_EQ(iteration.verification->images_expected, 0U);
  EXPECT_THAT(of_the_changed(analyse_claims(plan, iteration)),
              ElementsAre(testing::Field(&Finding::text, HasSubstr("nothing to copy"))));
}

TEST(ClaimsOfAnAgent, HaveANumberAtTheFloorItself) {
  Iteration least = complete_iteration(kChanged);
  least.network->tx_bytes = kFloorBytes / 10 * 9;
  EXPECT_EQ(analyse_claims(plan_of_one(), least).verdict.complete, 2 * kClaimedRuns);
}

TEST(ClaimsOfAnAgent, OfACheaterLeaveNoSentenceAndNoRanking) {
  const Plan plan = make_plan({"skopeo", "linker", "null"}, 1);
  JournalBuilder journal;
  journal.start(plan).run(attempt_of("skopeo"), "lane-1", 1);
  const AttemptId id = attempt_of("linker");
  Iteration linked = complete_iteration(1, std::chrono::milliseconds(13));
  linked.network->tx_bytes = 40'000;
  journal.lease(id, "lane-1").begin(id).iteration(id, linked).finish(id);
  journal.run(attempt_of("null"), "lane-1", 1).end();
  const Analysis analysis = analyse(plan, journal.entries());
  EXPECT_EQ(verdict_line(analysis.verdict), "RESULT: INCOMPLETE 2/3");
  EXPECT_THAT(headline(analysis, analysis.rows[1]),
              HasSubstr("no number for cold: 0 of 1 iterations complete (invalid: sent 40.0 kB"));
  ASSERT_EQ(analysis.comparisons.size(), 1U);
  const PointComparison& comparison = analysis.comparisons[0];
  EXPECT_FALSE(comparison.tools[1].wall_s_median);
  EXPECT_FALSE(comparison.pairs[0].ratio);
  EXPECT_EQ(comparison.pairs[0].withheld.at(0).code, WithheldCode::incomplete_blocks);
  EXPECT_THAT(summary_md(analysis), Not(HasSubstr("13.0 ms")));
}

// ---- what a scenario needs

Plan plan_with(const ScenarioSteps& steps, const std::vector<ResolvedImage>& moved = {}) {
  Plan plan = plan_of_one();
  plan.scenarios[0].steps = steps;
  plan.scenarios[0].moved = moved;
  return plan;
}

ByteFloor floor_of(const Plan& plan) {
  PlannedProofs proofs(plan);
  return byte_floor(plan, proofs.of(plan.trials[0], std::nullopt));
}

/// The second image with a layer of 30 MB less 1 kB of its own, as a new build would make it.
std::vector<ResolvedImage> moved_image(const Plan& plan) {
  ResolvedImage image = plan.lock.images[1];
  image.manifests[0].blobs[1].digest = "sha256:" + std::string(64, '9');
  image.manifests[0].digest = image.digest = "sha256:" + std::string(64, '8');
  return {image};
}

TEST(ByteFloor, IsEveryUniqueBlobWhereNothingIsThere) {
  const ByteFloor floor = floor_of(plan_with({}));
  EXPECT_EQ(floor.bytes(), kFloorBytes);
  EXPECT_EQ(floor_sentence(floor),
            "an iteration has to send at least 0.9 x 320 MB (2 x 160 MB of unique blobs): source "
            "to tool and tool to target, both on lo");
}

TEST(ByteFloor, IsNothingWhereEverythingIsThere) {
  const ByteFloor floor = floor_of(plan_with({.populate = Populate::corpus}));
  EXPECT_EQ(floor.bytes(), 0U);
  EXPECT_EQ(floor_sentence(floor), "no bytes have to be sent: every blob is at the target before");
}

TEST(ByteFloor, IsNothingWhereEveryBlobMayBeMounted) {
  const ByteFloor floor =
      floor_of(plan_with({.populate = Populate::corpus, .destination = Destination::other}));
  EXPECT_EQ(floor.bytes(), 0U);
  EXPECT_THAT(floor_sentence(floor), HasSubstr("may mount it"));
}

TEST(ByteFloor, IsTheNewBlobsOfTagsThatMoved) {
  const ScenarioSteps warm{.populate = Populate::corpus};
  const ScenarioSteps cross{.populate = Populate::corpus, .destination = Destination::other};
  const auto moved = moved_image(plan_of_one());
  EXPECT_EQ(floor_of(plan_with(warm, moved)).bytes(), std::uint64_t{2} * 29'999'000);
  EXPECT_EQ(floor_of(plan_with(cross, moved)).bytes(), std::uint64_t{2} * 29'999'000);
  EXPECT_THAT(floor_sentence(floor_of(plan_with(warm, moved))),
              HasSubstr("60.0 MB (2 x 30.0 MB of unique blobs) that were not at the target"));
}

TEST(ByteFloor, IsOfTheImagesOfTheTrial) {
  Plan plan = plan_with({});
  plan.trials[0].images = 1;
  EXPECT_EQ(floor_of(plan).bytes(), std::uint64_t{2} * (100'000'000 + 29'999'000));
}

TEST(ByteFloor, IsSentOnceWhereOnlyTheWayToTheTargetIsMeasured) {
  Plan remote_target = plan_with({});
  remote_target.registry.target = {
      .kind = TargetKind::remote, .host = "r.example", .prefix = "team"};
  EXPECT_EQ(floor_of(remote_target).bytes(), kFloorBytes / 2);
  EXPECT_FALSE(floor_of(remote_target).loopback);
  Plan remote_source = plan_with({});
  remote_source.lock.source_host = "r.example";
  EXPECT_EQ(floor_of(remote_source).bytes(), kFloorBytes / 2);
  EXPECT_TRUE(floor_of(remote_source).loopback);
  Plan both_here = plan_with({});
  both_here.lock.source_host = "localhost:5000";
  both_here.registry.target = {
      .kind = TargetKind::remote, .host = "127.0.0.1:5001", .prefix = "team"};
  EXPECT_EQ(floor_of(both_here).bytes(), kFloorBytes);
}

TEST(ByteFloor, DoesNotHoldTheCountersOfLoAgainstATargetElsewhere) {
  Plan plan = plan_with({});
  plan.registry.target = {.kind = TargetKind::remote, .host = "r.example", .prefix = "team"};
  const NetworkUse on_lo{.interface = "lo", .tx_bytes = kFloorBytes};
  const NetworkUse on_ens5{.interface = "ens5", .tx_bytes = kFloorBytes / 2};
  EXPECT_THAT(why_below(floor_of(plan), on_lo), HasSubstr("counted on lo"));
  EXPECT_EQ(why_below(floor_of(plan), on_ens5), "");
}

TEST(ByteFloor, AsksForNoMeasurementWhereNothingHasToBeSent) {
  EXPECT_EQ(why_below(floor_of(plan_with({.populate = Populate::corpus})), std::nullopt), "");
}

// ---- tools that copy one platform

/// One image of two platforms, and what a tool copies of it when nobody tells it.
Plan plan_of_platforms(std::optional<Platforms> copied) {
  Plan plan = plan_of_one();
  plan.comparability.work = WorkKind::tool_default;
  plan.tools[0].platforms = copied;
  ResolvedImage& image = plan.lock.images[0];
  ManifestInfo amd = image.manifests[0];
  ManifestInfo arm = plan.lock.images[1].manifests[0];
  amd.platform = "linux/amd64";
  arm.platform = "linux/arm64";
  image.digest = "sha256:" + std::string(64, '7');
  image.manifests = {
      {.digest = image.digest, .size_bytes = 500, .children = {amd.digest, arm.digest}}, amd, arm};
  plan.lock.images.resize(1);
  return plan;
}

/// The findings when every iteration proves what a tool of one platform copies.
std::vector<Finding> findings_of(const Plan& plan, const std::string& proven,
                                 const std::string& told) {
  Iteration iteration = complete_iteration(kChanged);
  iteration.verification = whole_proof(plan, plan.trials[0], proven);
  return of_the_changed(analyse_claims(plan, iteration, told));
}

TEST(ProofOfOnePlatform, IsThatOfTheMachine) {
  const Plan plan = plan_of_platforms(Platforms::host);
  EXPECT_THAT(findings_of(plan, "linux/amd64", "linux/amd64"), IsEmpty());
  EXPECT_THAT(findings_of(plan, "linux/arm64", "linux/arm64"), IsEmpty());
  EXPECT_THAT(findings_of(plan, "linux/arm64", "linux/amd64"),
              ElementsAre(testing::Field(&Finding::code, FindingCode::contradiction)));
  EXPECT_THAT(findings_of(plan, "", "linux/amd64"), Not(IsEmpty()));
}

TEST(ProofOfOnePlatform, IsNotEnoughOfAToolThatCopiesAll) {
  const Plan plan = plan_of_platforms(Platforms::all);
  EXPECT_THAT(findings_of(plan, "linux/amd64", "linux/amd64"), Not(IsEmpty()));
  EXPECT_THAT(findings_of(plan, "", "linux/amd64"), IsEmpty());
}

TEST(ProofOfOnePlatform, IsAnyWhereTheMachineIsNotKnown) {
  const Plan plan = plan_of_platforms(Platforms::host);
  EXPECT_THAT(findings_of(plan, "linux/amd64", ""), IsEmpty());
  EXPECT_THAT(findings_of(plan, "linux/arm64", ""), IsEmpty());
  EXPECT_THAT(findings_of(plan, "", ""), IsEmpty());
}

TEST(ProofOfOnePlatform, LowersTheFloorToIt) {
  const Plan plan = plan_of_platforms(Platforms::host);
  PlannedProofs proofs(plan);
  EXPECT_EQ(proofs.of(plan.trials[0], "linux/amd64").bytes_to_bring, 129'999'000U);
  EXPECT_EQ(proofs.of(plan.trials[0], "linux/s390x").bytes_to_bring, 159'998'000U);
}

TEST(ProofOfOnePlatform, LowersTheFloorToTheLeastWhereTheMachineIsNotKnown) {
  Plan plan = plan_of_platforms(Platforms::host);
  const auto floor = [&] {
    PlannedProofs proofs(plan);
    return proofs.of(plan.trials[0], std::nullopt).bytes_to_bring;
  };
  const auto own_layer = [&](std::size_t manifest) -> BlobInfo& {
    return plan.lock.images[0].manifests[manifest].blobs[1];
  };
  own_layer(1).size_bytes -= 1000;  // of linux/amd64
  EXPECT_EQ(floor(), 129'998'000U);
  own_layer(2).size_bytes -= 2000;  // of linux/arm64
  EXPECT_EQ(floor(), 129'997'000U);
}

TEST(ProofOfOnePlatform, IsWhatTheReportSaysThatTheToolCopied) {
  const Plan plan = plan_of_platforms(Platforms::host);
  Iteration iteration = complete_iteration(kChanged);
  iteration.verification = whole_proof(plan, plan.trials[0], "linux/amd64");
  iteration.network->tx_bytes = std::uint64_t{2} * 130'000'000;
  const AttemptId id = attempt_of("skopeo");
  JournalBuilder journal;
  journal.start(plan).lease(id, "lane-1");
  TrialStarted started{.id = id, .subject = {.name = "skopeo", .label = "skopeo"}};
  started.environment.facts[kPlatformFact] = "linux/amd64";
  journal.tell("lane-1", started);
  for (iteration.index = 1; iteration.index <= kClaimedRuns; ++iteration.index) {
    journal.iteration(id, iteration);
  }
  journal.finish(id);
  const Row row = analyse(plan, journal.entries()).rows[0];
  EXPECT_EQ(row.copied, (CopiedBytes{.least = 130'000'000, .most = 130'000'000}));
  EXPECT_EQ(row.egress.fit, EgressFit::once) << row.egress.sentence;
  EXPECT_THAT(headline(analyse(plan, journal.entries()), row), HasSubstr("copied 130 MB"));
}

TEST(ProofOfOnePlatform, IsAtLeastTheSmallestAndAtMostTheLargestWhereItIsNotKnown) {
  const Plan plan = plan_of_platforms(Platforms::host);
  PlannedProofs proofs(plan);
  const CopiedBytes copied = proofs.of(plan.trials[0], std::nullopt).copied;
  EXPECT_EQ(copied.least, proofs.of(plan.trials[0], "linux/amd64").copied.least);
  EXPECT_EQ(copied.most, unique_bytes(plan.lock));
}

// ---- plans of older coordinators

TEST(OlderPlan, IsComparedByCountsWhereItsAgentsToldNoDigest) {
  Plan plan = plan_of_one();
  plan.tools[0].platforms.reset();
  Iteration iteration = complete_iteration(kChanged);
  iteration.verification->content_sha256.clear();
  EXPECT_THAT(of_the_changed(analyse_claims(plan, iteration)), IsEmpty());
  ++iteration.verification->images_expected;
  ++iteration.verification->images_found;
  EXPECT_THAT(of_the_changed(analyse_claims(plan, iteration)), Not(IsEmpty()));
}

TEST(OlderPlan, AllowsThatRepositoriesBecameOneAtTheTarget) {
  Plan plan = plan_of_one();
  plan.tools[0].platforms.reset();
  Iteration iteration = complete_iteration(kChanged);
  iteration.verification->content_sha256.clear();
  iteration.verification->blobs_expected = iteration.verification->blobs_found = 3;
  EXPECT_THAT(of_the_changed(analyse_claims(plan, iteration)), IsEmpty());
  iteration.verification->blobs_expected = iteration.verification->blobs_found = 2;
  EXPECT_THAT(of_the_changed(analyse_claims(plan, iteration)), Not(IsEmpty()));
}

TEST(OlderPlan, TakesEveryPlatformOfAToolThatWasLeftAsItShips) {
  const Plan plan = plan_of_platforms(std::nullopt);
  EXPECT_THAT(findings_of(plan, "linux/amd64", ""), IsEmpty());
  EXPECT_THAT(findings_of(plan, "", ""), IsEmpty());
  EXPECT_THAT(findings_of(plan_of_platforms(std::nullopt), "linux/arm64", "linux/amd64"),
              IsEmpty());
}

}  // namespace
}  // namespace ocibench::coordinator
