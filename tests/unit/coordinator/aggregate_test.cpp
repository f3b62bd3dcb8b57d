#include "coordinator/analysis/aggregate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/egress.hpp"
#include "coordinator/analysis/scaling.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;
using testing_support::attempt_of;
using testing_support::complete_iteration;
using testing_support::failed_iteration;
using testing_support::JournalBuilder;
using testing_support::make_plan;

Aggregate aggregate_of(const std::vector<Iteration>& iterations) {
  const Plan plan = make_plan({"skopeo"}, static_cast<std::uint32_t>(iterations.size()));
  const AttemptId id = attempt_of("skopeo");
  JournalBuilder journal;
  journal.start(plan).lease(id, "lane-1");
  for (const Iteration& iteration : iterations) {
    journal.iteration(id, iteration);
  }
  return aggregate(plan, replay(plan, journal.finish(id).end().entries())).front();
}

TEST(Aggregate, KeepsAFastFailureOutOfTheMedianAndInTheCount) {
  const Aggregate result = aggregate_of({complete_iteration(1, milliseconds(1000)),
                                         failed_iteration(2, OutcomeKind::failed, "exit 1"),
                                         complete_iteration(3, milliseconds(3000))});
  EXPECT_EQ(result.complete, 2U);
  EXPECT_EQ(result.planned, 3U);
  EXPECT_DOUBLE_EQ(result.find("wall_s")->median, 2);
}

TEST(Aggregate, LeavesUnmeasuredAbsentInsteadOfZero) {
  Iteration bare = complete_iteration(1);
  bare.resources.reset();
  const Aggregate result = aggregate_of({bare});
  EXPECT_EQ(result.find("cpu_s"), nullptr);
  EXPECT_EQ(result.find("cpu_percent_p95"), nullptr);
  EXPECT_NE(result.find("wall_s"), nullptr);
}

TEST(Aggregate, SaysHowManyIterationsMeasuredAMetric) {
  Iteration bare = complete_iteration(2);
  bare.resources.reset();
  const Aggregate result = aggregate_of({complete_iteration(1), bare});
  EXPECT_EQ(result.find("memory_peak_bytes")->n, 1U);
  EXPECT_EQ(result.find("wall_s")->n, 2U);
}

TEST(Aggregate, PoolsTheRoundsOfATool) {
  Plan plan = make_plan({"skopeo"}, 1);
  plan.rounds = 2;
  plan.trials.push_back(plan.trials[0]);
  plan.trials[1].id = TrialId("cold/skopeo/r2");
  plan.trials[1].round = 2;
  JournalBuilder journal;
  journal.start(plan).run(attempt_of("skopeo"), "lane-1", 1);
  journal.run({.trial = plan.trials[1].id}, "lane-2", 1).end();
  const std::vector<Aggregate> all = aggregate(plan, replay(plan, journal.entries()));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].planned, 2U);
  EXPECT_EQ(all[0].find("wall_s")->n, 2U);
}

/// As check_egress(), of the images of the first trial.
EgressCheck check_sent(const Plan& plan, const Aggregate& result, std::string_view interface) {
  PlannedProofs proofs(plan);
  return check_egress(plan, result, proofs.of(plan.trials[0], std::nullopt).copied, interface);
}

/// The example's corpus: 2 x unique is 320 MB less a few kB, 2 x per repository 520 MB.
EgressFit fit_of(std::uint64_t sent_bytes) {
  Iteration iteration = complete_iteration(1);
  iteration.network->tx_bytes = sent_bytes;
  return check_sent(make_plan({"skopeo"}), aggregate_of({iteration}), "lo").fit;
}

TEST(Egress, IsExpectedBetweenOnceAndOncePerRepository) {
  EXPECT_EQ(fit_of(310'000'000), EgressFit::below);
  EXPECT_EQ(fit_of(314'000'000), EgressFit::once);
  EXPECT_EQ(fit_of(326'000'000), EgressFit::once);
  EXPECT_EQ(fit_of(400'000'000), EgressFit::between);
  EXPECT_EQ(fit_of(515'000'000), EgressFit::per_repository);
  EXPECT_EQ(fit_of(540'000'000), EgressFit::above);
}

TEST(Egress, SaysHowFarOutsideItIs) {
  Iteration iteration = complete_iteration(1);
  iteration.network->tx_bytes = 300'000'000;
  const EgressCheck check = check_sent(make_plan({"skopeo"}), aggregate_of({iteration}), "lo");
  EXPECT_EQ(check.sentence,
            "300 MB sent is 6.2 % below the 320 MB that reading and writing every unique byte "
            "once needs: part of the content was not moved in the window");
}

TEST(Egress, HasNoExpectationOffTheLoopback) {
  const Plan plan = make_plan({"skopeo"});
  const Aggregate result = aggregate_of({complete_iteration(1)});
  EXPECT_EQ(check_sent(plan, result, "ens5").fit, EgressFit::no_expectation);
  EXPECT_EQ(check_sent(plan, result, "").fit, EgressFit::no_expectation);
}

TEST(Egress, HasNoExpectationForAScenarioThatMovesOnlyAPart) {
  Aggregate result = aggregate_of({complete_iteration(1)});
  result.scenario = "warm";
  EXPECT_EQ(check_sent(make_plan({"skopeo"}), result, "lo").fit, EgressFit::no_expectation);
}

// ---- scaling

/// One tool, one trial per size of n = 1, 2, 3, ... equal images, whose wall time is given.
std::optional<Scaling> scaling_of(const std::vector<milliseconds>& walls) {
  Plan plan = make_plan({"skopeo"}, 1);
  const Trial base = plan.trials.front();
  plan.trials.clear();
  plan.lock.images.clear();
  JournalBuilder journal;
  std::vector<AttemptId> ids;
  for (std::uint32_t size = 1; size <= walls.size(); ++size) {
    const std::string number = std::to_string(size);
    plan.lock.images.push_back({.repository = "i-" + number,
                                .tag = "1",
                                .digest = "sha256:m" + number,
                                .manifests = {{.digest = "sha256:m" + number,
                                               .blobs = {{"sha256:b" + number, 1'000'000}}}}});
    Trial trial = base;
    trial.id = TrialId("cold/skopeo/n" + number + "/r1");
    trial.images = size;
    plan.trials.push_back(trial);
    ids.push_back({.trial = trial.id});
  }
  journal.start(plan);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Iteration iteration = complete_iteration(1, walls[i]);
    iteration.verification = testing_support::whole_proof(plan, plan.trials[i]);
    journal.lease(ids[i], "lane-1").iteration(ids[i], iteration);
    journal.finish(ids[i]);
  }
  return fit_scaling(plan, replay(plan, journal.end().entries()), "cold", "skopeo");
}

TEST(Scaling, FindsTheExponentOfAPowerLaw) {
  const auto linear = scaling_of({milliseconds(1000), milliseconds(2000), milliseconds(3000)});
  ASSERT_TRUE(linear);
  EXPECT_NEAR(linear->exponent, 1, 1e-9);
  EXPECT_THAT(scaling_sentence(linear), testing::EndsWith("3 sizes, 3 trials): linear"));
  const auto square = scaling_of({milliseconds(1000), milliseconds(4000), milliseconds(9000)});
  EXPECT_NEAR(square->exponent, 2, 1e-9);
  EXPECT_THAT(scaling_sentence(square), testing::EndsWith("more than in proportion to the bytes"));
}

TEST(Scaling, GivesTheIntervalOfTheTextbook) {
  // log-log points (0, 0), (log 2, log 2.2), (log 3, log 2.9), by hand: b = 0.9873, s(b) = 0.1199,
  // t(0.975, 1) = 12.706.
  const auto fit = scaling_of({milliseconds(1000), milliseconds(2200), milliseconds(2900)});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->exponent, 0.9873, 5e-4);
  EXPECT_NEAR(fit->high - fit->exponent, 12.706 * 0.1199, 5e-3);
  EXPECT_NEAR(fit->exponent - fit->low, 12.706 * 0.1199, 5e-3);
}

TEST(Scaling, SaysNothingOfTwoSizes) {
  EXPECT_FALSE(scaling_of({milliseconds(1000), milliseconds(2000)}));
}

TEST(Scaling, TakesThreeRoundsOfASizeForOneSize) {
  Plan plan = make_plan({"skopeo"}, 1);
  const Trial base = plan.trials.front();
  plan.trials.clear();
  for (std::uint32_t round = 1; round <= 3; ++round) {
    Trial trial = base;
    trial.id = TrialId("cold/skopeo/n1/r" + std::to_string(round));
    trial.images = 1;
    trial.round = round;
    plan.trials.push_back(trial);
  }
  JournalBuilder journal;
  journal.start(plan);
  for (const Trial& trial : plan.trials) {
    journal.run({.trial = trial.id}, "lane-1", 1);
  }
  EXPECT_FALSE(fit_scaling(plan, replay(plan, journal.end().entries()), "cold", "skopeo"));
}

}  // namespace
}  // namespace ocibench::coordinator
