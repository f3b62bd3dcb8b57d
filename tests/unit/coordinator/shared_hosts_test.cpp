#include "coordinator/analysis/shared_hosts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/summary_md.hpp"
#include "tests/support/journal_builder.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::attempt_of;
using testing_support::complete_iteration;
using testing_support::JournalBuilder;
using testing_support::make_plan;

WallTime at(int second) { return WallTime(seconds(1'795'000'000 + second)); }

/// An attempt that began its setup at `begin` and ended at `end`. Its iterations take 1 s and begin
/// 1, 4 and 7 s after the begin.
struct Work {
  std::string tool;
  std::string agent;
  std::string host;
  int begin = 0;
  int end = 10;
  std::string network = "1";
  int setup = 0;
};

void add(JournalBuilder& journal, const Work& work) {
  const AttemptId id = attempt_of(work.tool);
  TrialStarted started{.id = id, .at = at(work.begin + work.setup)};
  if (!work.host.empty()) {
    started.environment.facts = {{kHostIdentityFact, work.host},
                                 {kNetworkNamespaceFact, work.network}};
  }
  journal.lease(id, work.agent).tell(work.agent, started);
  journal.tell(work.agent,
               PhaseFinished{.id = id, .phase = Phase::setup, .took = seconds(work.setup)});
  for (std::uint32_t index = 1; index <= 3; ++index) {
    Iteration iteration = complete_iteration(index, seconds(1));
    iteration.started_at = at(work.begin + static_cast<int>(3 * index) - 2);
    journal.iteration(id, iteration);
  }
  journal.tell(
      work.agent,
      TrialFinished{.id = id, .at = at(work.end), .outcome = {.kind = OutcomeKind::complete}});
}

Analysis analysis_of_work(const std::vector<Work>& all) {
  std::vector<std::string> tools;
  for (const Work& work : all) {
    tools.push_back(work.tool);
  }
  const Plan plan = make_plan(tools, 3);
  JournalBuilder journal;
  journal.start(plan);
  for (const Work& work : all) {
    add(journal, work);
  }
  return analyse(plan, journal.end().entries());
}

/// "3 beside lane-2" for each iteration of the plan's trial that had company.
std::vector<std::string> neighbours(const Analysis& analysis, std::size_t trial) {
  std::vector<std::string> texts;
  for (const HostNeighbour& one : analysis.state.trials[trial].neighbours) {
    texts.push_back(fmt::format("{} beside {}", one.iteration, one.agent.str()));
  }
  return texts;
}

TEST(HostNeighbours, AreNoneWhereLanesTakeTurns) {
  const Analysis analysis =
      analysis_of_work({{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", "h", 10, 20}});
  EXPECT_THAT(neighbours(analysis, 0), IsEmpty());
  EXPECT_THAT(neighbours(analysis, 1), IsEmpty());
  EXPECT_THAT(summary_md(analysis),
              HasSubstr("- lane-1, lane-2 share a host and its network. They took turns.\n"));
}

TEST(HostNeighbours, AreThoseAtWorkDuringAnIteration) {
  const Analysis analysis =
      analysis_of_work({{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", "h", 5, 15}});
  EXPECT_THAT(neighbours(analysis, 0), ElementsAre("3 beside lane-2"));
  EXPECT_THAT(neighbours(analysis, 1), ElementsAre("1 beside lane-1", "2 beside lane-1"));
}

TEST(HostNeighbours, DisturbWithWhatIsNotTimedToo) {
  // crane's agent sets its registries up from 7 s on, and says so at 20 s.
  const Analysis analysis = analysis_of_work(
      {{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", "h", 7, 40, "1", 13}});
  EXPECT_THAT(neighbours(analysis, 0), ElementsAre("3 beside lane-2"));
}

TEST(HostNeighbours, AreFoundBehindOneThatCameLaterAndWentEarlier) {
  const Analysis analysis = analysis_of_work({{"skopeo", "lane-1", "h", 20, 30},
                                              {"crane", "lane-2", "h", 0, 100},
                                              {"oras", "lane-3", "h", 12, 19}});
  EXPECT_THAT(neighbours(analysis, 0),
              ElementsAre("1 beside lane-2", "2 beside lane-2", "3 beside lane-2"));
}

TEST(HostNeighbours, AreNotThoseOfAnotherHostOrOfNoneThatIsKnown) {
  for (const char* host : {"i", ""}) {
    const Analysis analysis =
        analysis_of_work({{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", host, 0, 10}});
    EXPECT_THAT(neighbours(analysis, 0), IsEmpty()) << host;
    EXPECT_THAT(neighbours(analysis, 1), IsEmpty()) << host;
  }
}

TEST(HostNeighbours, AreMarkedInEachIterationAndKeepAComparisonAway) {
  const Analysis analysis =
      analysis_of_work({{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", "h", 5, 15}});
  EXPECT_THAT(analysis.findings,
              Contains(Finding{FindingCode::host_shared, "cold/skopeo/r1 iteration 3",
                               "lane-2 was at work on the same host and in the same network: the "
                               "bytes of one are counted for the other"}));
  EXPECT_THAT(analysis.comparisons[0].pairs[0].withheld,
              Contains(Withheld{WithheldCode::host_shared,
                                "crane ran while lane-1 was at work on the same host"}));
  EXPECT_EQ(analysis.comparisons[0].pairs[0].claim, Claim::none);
  EXPECT_THAT(summary_md(analysis),
              HasSubstr("- lane-1, lane-2 share a host and its network. What ran there at once is "
                        "marked"));
}

TEST(HostNeighbours, AreSaidOfTheirOwnHostOnly) {
  EXPECT_THAT(summary_md(analysis_of_work({{"skopeo", "lane-1", "h", 0, 10},
                                           {"crane", "lane-2", "h", 5, 15},
                                           {"oras", "lane-3", "i", 0, 10},
                                           {"regctl", "lane-4", "i", 10, 20}})),
              AllOf(HasSubstr("- lane-1, lane-2 share a host and its network. What ran there"),
                    HasSubstr("- lane-3, lane-4 share a host and its network. They took turns.")));
}

TEST(HostNeighbours, MixNoBytesInNetworksOfTheirOwn) {
  const Analysis analysis =
      analysis_of_work({{"skopeo", "lane-1", "h", 0, 10}, {"crane", "lane-2", "h", 5, 15, "2"}});
  EXPECT_THAT(analysis.findings,
              Contains(Finding{FindingCode::host_shared, "cold/skopeo/r1 iteration 3",
                               "lane-2 was at work on the same host"}));
  EXPECT_THAT(summary_md(analysis), HasSubstr("- lane-1, lane-2 share a host. What ran"));
}

TEST(HostNeighbours, DisturbAsLongAsAnythingIsKnownOfThem) {
  // lane-2 was given up at 3 s, and yet reports an iteration that it ran until 9 s.
  const Plan plan = make_plan({"skopeo", "crane"}, 3);
  JournalBuilder journal;
  journal.start(plan);
  const AttemptId lost = attempt_of("crane");
  journal.lease(lost, "lane-2");
  journal.tell("lane-2",
               TrialStarted{.id = lost, .at = at(0), .environment = {{{kHostIdentityFact, "h"}}}});
  journal.lose(lost, "silent");
  Iteration late = complete_iteration(1, seconds(1));
  late.started_at = at(8);
  journal.iteration(lost, late);
  add(journal, {"skopeo", "lane-1", "h", 3, 13});
  const Analysis analysis = analyse(plan, journal.end().entries());
  EXPECT_THAT(neighbours(analysis, 0), ElementsAre("1 beside lane-2", "2 beside lane-2"));
}

TEST(HostNeighbours, AreSaidToBeUnknownWhereAnAgentGivesNoIdentity) {
  EXPECT_THAT(summary_md(analysis_of_work(
                  {{"skopeo", "lane-1", "", 0, 10}, {"crane", "lane-2", "h", 10, 20}})),
              HasSubstr("- lane-1 gives no identity of its host: it counts as alone on it.\n"));
  EXPECT_THAT(summary_md(analysis_of_work({{"skopeo", "lane-1", ""}})), Not(HasSubstr("identity")))
      << "there is nobody to share with";
}

}  // namespace
}  // namespace ocibench::coordinator
