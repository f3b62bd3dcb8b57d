#include "coordinator/analysis/verdict.hpp"

#include <algorithm>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "coordinator/analysis/analysis.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::attempt_of;
using testing_support::complete_iteration;
using testing_support::failed_iteration;
using testing_support::JournalBuilder;
using testing_support::make_plan;

bool has(const Analysis& analysis, FindingCode code) {
  return std::ranges::count(analysis.findings, code, &Finding::code) > 0;
}

/// What the agents of a campaign report of each trial; nullopt where an iteration has no record.
using Script = std::vector<std::vector<std::optional<OutcomeKind>>>;

const std::vector<std::string> kScriptedTools = {"skopeo", "crane", "null"};
constexpr std::uint32_t kScriptedIterations = 3;

Analysis play(const Script& script) {
  const Plan plan = make_plan(kScriptedTools, kScriptedIterations);
  JournalBuilder journal;
  journal.start(plan);
  for (std::size_t tool = 0; tool < script.size(); ++tool) {
    const AttemptId id = attempt_of(kScriptedTools[tool]);
    journal.lease(id, "lane-" + kScriptedTools[tool]).begin(id);
    for (std::uint32_t i = 0; i < script[tool].size(); ++i) {
      const std::optional<OutcomeKind> kind = script[tool][i];
      if (kind == OutcomeKind::complete) {
        journal.iteration(id, complete_iteration(i + 1, std::chrono::milliseconds(10)));
      } else if (kind) {
        journal.iteration(id, failed_iteration(i + 1, *kind, "said so"));
      }
    }
    const bool all_ran =
        std::ranges::all_of(script[tool], [](const auto& kind) { return kind.has_value(); });
    journal.finish(
        id, all_ran ? Outcome{OutcomeKind::complete} : Outcome{OutcomeKind::failed, "stopped"});
  }
  return analyse(plan, journal.end().entries());
}

Script all_complete() {
  return Script(kScriptedTools.size(), {kScriptedIterations, std::optional(OutcomeKind::complete)});
}

TEST(Verdict, IsValidWhenEveryPlannedIterationIsComplete) {
  const Verdict verdict = play(all_complete()).verdict;
  EXPECT_EQ(verdict_line(verdict), "RESULT: VALID 9/9");
  EXPECT_TRUE(verdict.reasons.empty());
  EXPECT_EQ(exit_code(verdict), ExitCode::valid);
}

TEST(Verdict, IsIncompleteWithTheCauseWhenAnAgentIsLost) {
  const Plan plan = make_plan({"skopeo"});
  const AttemptId id = attempt_of("skopeo");
  JournalBuilder journal;
  journal.start(plan).lease(id, "lane-1").iteration(id, complete_iteration(1));
  journal.iteration(id, complete_iteration(2)).lose(id, "silent for 10 s").end();
  const Verdict verdict = analyse(plan, journal.entries()).verdict;
  EXPECT_EQ(verdict_line(verdict), "RESULT: INCOMPLETE 2/5");
  EXPECT_THAT(verdict.reasons,
              ElementsAre("cold/skopeo/r1: 2 of 5 iterations complete: lost: agent lane-1 lost: "
                          "silent for 10 s"));
  EXPECT_EQ(exit_code(verdict), ExitCode::incomplete);
}

TEST(Verdict, OfAnInterruptedCampaignHasItsOwnExitCode) {
  const Plan plan = make_plan({"skopeo"});
  const Verdict verdict =
      analyse(plan, JournalBuilder().start(plan).end({.interrupted = true}).entries()).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::incomplete);
  EXPECT_EQ(exit_code(verdict), ExitCode::interrupted);
}

TEST(Verdict, OfAnInterruptAfterTheLastIterationIsValid) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).run(attempt_of("skopeo"), "lane-1", 5).end({.interrupted = true});
  EXPECT_EQ(exit_code(analyse(plan, journal.entries()).verdict), ExitCode::valid);
}

TEST(Verdict, IsInvalidWhenTheNullToolFails) {
  Script script = all_complete();
  script[2][1] = OutcomeKind::failed;
  const Verdict verdict = play(script).verdict;
  EXPECT_EQ(verdict.kind, VerdictKind::invalid);
  EXPECT_THAT(verdict.reasons.front(), HasSubstr("calibration_failed"));
  EXPECT_EQ(exit_code(verdict), ExitCode::incomplete);
}

TEST(Verdict, IsInvalidWhenTheNullToolIsSlow) {
  const Plan plan = make_plan({"null"}, 3);
  const AttemptId id = attempt_of("null");
  JournalBuilder journal;
  journal.start(plan).lease(id, "lane-1").begin(id);
  for (std::uint32_t index = 1; index <= 3; ++index) {
    journal.iteration(id, complete_iteration(index, kMaxNullWall + std::chrono::milliseconds(1)));
  }
  const Analysis analysis = analyse(plan, journal.finish(id).end().entries());
  EXPECT_TRUE(has(analysis, FindingCode::calibration_slow));
  EXPECT_EQ(analysis.verdict.kind, VerdictKind::invalid);
}

TEST(Verdict, IsInvalidWhenTheJournalHasAGap) {
  const Plan plan = make_plan({"skopeo"});
  auto entries = JournalBuilder().start(plan).run(attempt_of("skopeo"), "a", 5).end().entries();
  entries.erase(entries.begin() + 2);
  EXPECT_EQ(analyse(plan, entries).verdict.kind, VerdictKind::invalid);
}

TEST(Verdict, SaysThatTheOverheadIsUnknownWithoutANullTool) {
  const Plan plan = make_plan({"skopeo"});
  JournalBuilder journal;
  journal.start(plan).run(attempt_of("skopeo"), "lane-1", 5).end();
  EXPECT_TRUE(has(analyse(plan, journal.entries()), FindingCode::no_calibration));
}

TEST(Verdict, OfAnEmptyPlanIsInvalid) {
  EXPECT_EQ(analyse(make_plan({}), {}).verdict.kind, VerdictKind::invalid);
}

rc::Gen<std::optional<OutcomeKind>> any_result() {
  return rc::gen::weightedOneOf<std::optional<OutcomeKind>>(
      {{6, rc::gen::just(std::optional(OutcomeKind::complete))},
       {1, rc::gen::just(std::optional<OutcomeKind>())},
       {1, rc::gen::elementOf(std::vector<std::optional<OutcomeKind>>{
               OutcomeKind::partial, OutcomeKind::failed, OutcomeKind::timed_out,
               OutcomeKind::invalid})}});
}

TEST(Verdict, NeverGetsBetterWhenAnIterationIsRemovedOrFails) {
  EXPECT_TRUE(rc::check([] {
    Script script = *rc::gen::container<Script>(
        kScriptedTools.size(), rc::gen::container<std::vector<std::optional<OutcomeKind>>>(
                                   kScriptedIterations, any_result()));
    const Analysis before = play(script);
    auto& victim = script[*rc::gen::inRange<std::size_t>(0, kScriptedTools.size())]
                         [*rc::gen::inRange<std::size_t>(0, kScriptedIterations)];
    const bool was_complete = victim == OutcomeKind::complete;
    victim = *rc::gen::elementOf(std::vector<std::optional<OutcomeKind>>{
        std::nullopt, OutcomeKind::failed, OutcomeKind::partial, OutcomeKind::lost});
    const Analysis after = play(script);

    RC_ASSERT(after.verdict.kind != VerdictKind::valid);
    RC_ASSERT(after.verdict.planned == before.verdict.planned);
    RC_ASSERT(after.verdict.complete + (was_complete ? 1 : 0) == before.verdict.complete);
    RC_ASSERT(exit_code(after.verdict) != ExitCode::valid);
    for (std::size_t i = 0; i < before.rows.size(); ++i) {
      RC_ASSERT(after.rows[i].aggregate.planned == before.rows[i].aggregate.planned);
      RC_ASSERT(after.rows[i].aggregate.complete <= before.rows[i].aggregate.complete);
    }
    if (was_complete) {
      RC_ASSERT(after.verdict.kind >= before.verdict.kind);
    }
  }));
}

}  // namespace
}  // namespace ocibench::coordinator
