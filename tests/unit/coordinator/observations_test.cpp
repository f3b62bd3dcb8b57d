#include "coordinator/analysis/observations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/observations_json.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/wire_text.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::JournalBuilder;

const AttemptId kAttempt = {.trial = TrialId("cold/skopeo/observe")};

Plan observing_plan() {
  Plan plan = testing_support::make_plan({"skopeo"}, 3);
  plan.observe = true;
  Trial trial = plan.trials.front();
  trial.id = kAttempt.trial;
  trial.kind = TrialKind::observe;
  trial.iterations = 0;
  plan.trials.insert(plan.trials.begin(), trial);
  return plan;
}

WireObservation observation() {
  return {.requests = {{RegistrySide::source, RequestClass::ping, 200, 1, 100, 200},
                       {RegistrySide::target, RequestClass::ping, 200, 2, 200, 400},
                       {RegistrySide::target, RequestClass::mount, 201, 3, 900, 1200},
                       {RegistrySide::target, RequestClass::mount, 202, 1, 300, 400},
                       {RegistrySide::target, RequestClass::upload_put, 429, 2, 500, 100}},
          .source_connections = 7,
          .target_connections = 25,
          .duplicate_blob_gets = 4,
          .images = {{"bench/a", "1", milliseconds(100)},
                     {"bench/b", "1", milliseconds(400)},
                     {"bench/c\x1b[2J", "1", milliseconds(500)}},
          .user_agents = {"skopeo/1.9.3"}};
}

/// A campaign whose observing trial ended like this; the rest went well.
Analysis observed(const Outcome& outcome) {
  const Plan plan = observing_plan();
  JournalBuilder journal;
  journal.start(plan).lease(kAttempt, "lane-1").begin(kAttempt);
  journal.tell("lane-1", WireObserved{kAttempt, outcome, observation()}).finish(kAttempt);
  journal.run(testing_support::attempt_of("skopeo"), "lane-1", 3).end();
  return analyse(plan, journal.entries());
}

TEST(Observations, DeriveTotals) {
  const WireTotals totals = totals_of(observation());
  EXPECT_EQ(totals.mounts_created, 3U);
  EXPECT_EQ(totals.mounts_declined, 1U);
  EXPECT_EQ(totals.sent_bytes, 2000U);
  EXPECT_EQ(totals.received_bytes, 2300U);
  EXPECT_EQ(count_at(observation(), RegistrySide::target, RequestClass::ping), 2U);
}

TEST(Observations, DeriveWhenImagesWereComplete) {
  const auto times = completion_times(observation());
  ASSERT_TRUE(times);
  EXPECT_EQ(times->first_s, 0.1);
  EXPECT_EQ(times->median_s, 0.4);
  EXPECT_EQ(times->last_s, 0.5);
  EXPECT_FALSE(completion_times({}));
}

TEST(Observations, AreARowOfTheReport) {
  const Analysis analysis = observed({OutcomeKind::complete});
  EXPECT_EQ(analysis.verdict.kind, VerdictKind::valid);
  const std::string text = observations_section(analysis);
  EXPECT_THAT(text, HasSubstr("## What the tools said to the registries"));
  EXPECT_THAT(text, HasSubstr(" | 3 | 0 | 0 / 0 / 0 | 0 / 0 | 4 | 3 / 1 | 0 | 0 | 2 | 0 | 2 | "
                              "7 / 25 | 0.002000 | 0.002300 | 0.1000 / 0.4000 / 0.5000 |"));
}

TEST(Observations, AreNotInAReportThatHasNone) {
  const Plan plan = testing_support::make_plan({"skopeo"}, 3);
  const Analysis analysis = analyse(plan, JournalBuilder().start(plan).entries());
  EXPECT_THAT(observations_section(analysis), IsEmpty());
  EXPECT_TRUE(summary_json(analysis).at("observations").empty());
}

TEST(Observations, SayWhatToolDidNotDoItsWork) {
  const Analysis analysis = observed({OutcomeKind::failed, "exit code 1 | <b>", ""});
  EXPECT_EQ(analysis.verdict.kind, VerdictKind::incomplete);
  const std::string text = observations_section(analysis);
  EXPECT_THAT(text, HasSubstr("failed: exit code 1"));
  EXPECT_THAT(text, Not(HasSubstr("| 7 / 25 |"))) << "half a run is not compared";
  const Json json = observations_json(analysis).at(0);
  EXPECT_EQ(json.at("status"), "failed");
  EXPECT_EQ(json.at("wire").at("target_connections"), 25) << "yet it is there for whoever asks";
}

TEST(Observations, AreCompleteInTheSummary) {
  const Json json = summary_json(observed({OutcomeKind::complete})).at("observations").at(0);
  EXPECT_EQ(json.at("scenario"), "cold");
  EXPECT_EQ(json.at("cause"), nullptr);
  const Json& wire = json.at("wire");
  EXPECT_EQ(wire.at("requests").at(2).dump(),
            R"({"side":"target","class":"mount","status":201,"count":3,"request_bytes":900,)"
            R"("response_bytes":1200})");
  EXPECT_EQ(wire.at("mounts_tried"), 4);
  EXPECT_EQ(wire.at("throttled"), 2);
  EXPECT_EQ(wire.at("images").at("median_s"), 0.4);
}

TEST(Observations, FitATerminalAndDoNotSteerIt) {
  const Analysis analysis = observed({OutcomeKind::complete});
  const auto rows = observation_rows(analysis.state);
  ASSERT_EQ(rows.size(), 1U);
  const std::string text = wire_text(analysis.plan, rows[0]);
  EXPECT_THAT(text, HasSubstr("  mount              201       3       900 B     1.20 kB\n"));
  EXPECT_THAT(text, HasSubstr("4 tried, 3 made (201), 1 declined (202)"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Observations, CutALongListOfImages) {
  WireObservation seen = observation();
  seen.images.resize(100, seen.images[0]);
  const Analysis analysis = observed({OutcomeKind::complete});
  ObservationRow row = observation_rows(analysis.state)[0];
  row.seen = &seen;
  EXPECT_THAT(wire_text(analysis.plan, row), HasSubstr("and 80 more: see --json"));
}

}  // namespace
}  // namespace ocibench::coordinator
