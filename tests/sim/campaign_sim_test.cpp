// A thousand campaigns under seeded faults, with the production cores. A failing seed is printed;
// OCIBENCH_SEED=<n> runs that one alone, OCIBENCH_SEEDS=<n> another number of them.

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/report/summary_md.hpp"
#include "tests/sim/world.hpp"

namespace ocibench::sim {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Two lanes of one host hold a lease at a time only where the plan lets them.
void check_turns(const World& world, const AgentName& agent,
                 const std::map<AgentName, AttemptId>& lease_of) {
  if (world.plan().agents.share_host) {
    return;
  }
  for (const auto& [other, id] : lease_of) {
    EXPECT_NE(world.host_of(agent), world.host_of(other))
        << agent.str() << " and " << other.str() << " have a lease each";
  }
}

/// Every trial has at most one attempt that finished and, if none, a stated cause; no agent has two
/// leases at a time; attempts are numbered from 1 without holes.
void check_leases(const World& world) {
  std::map<AgentName, AttemptId> lease_of;
  std::map<TrialId, std::uint32_t> attempts;
  std::map<TrialId, std::uint32_t> accepted;
  std::map<AttemptId, AgentName> holder;
  std::map<TrialId, std::string> causes;
  std::string campaign_reason;
  for (const JournalEntry& entry : world.journal()) {
    if (const auto* own = std::get_if<CoordinatorRecord>(&entry.body)) {
      if (const auto* leased = std::get_if<TrialLeased>(own)) {
        EXPECT_FALSE(lease_of.contains(leased->agent)) << leased->agent.str() << " has two leases";
        check_turns(world, leased->agent, lease_of);
        EXPECT_EQ(leased->id.attempt, ++attempts[leased->id.trial]);
        lease_of[leased->agent] = leased->id;
        holder[leased->id] = leased->agent;
      } else if (const auto* lost = std::get_if<AttemptLost>(own)) {
        EXPECT_EQ(lease_of[holder[lost->id]], lost->id);
        EXPECT_FALSE(lost->cause.empty());
        lease_of.erase(holder[lost->id]);
        causes[lost->id.trial] = lost->cause;
      } else if (const auto* finished = std::get_if<CampaignFinished>(own)) {
        campaign_reason = finished->reason;
      }
      continue;
    }
    if (const auto* done = std::get_if<TrialFinished>(&std::get<AgentRecord>(entry.body))) {
      const auto lease = lease_of.find(entry.agent);
      if (lease != lease_of.end() && lease->second == done->id) {
        lease_of.erase(lease);
        ++accepted[done->id.trial];
      }
    }
  }
  for (const Trial& trial : world.plan().trials) {
    EXPECT_LE(accepted[trial.id], 1U) << trial.id.str() << " was accepted twice";
    if (accepted[trial.id] == 0) {
      EXPECT_TRUE(!causes[trial.id].empty() || !campaign_reason.empty())
          << trial.id.str() << " is missing without a cause";
    }
  }
}

void check_replay(const World& world) {
  coordinator::Dispatcher replayed(CampaignId("sim"), world.plan());
  for (const JournalEntry& entry : world.journal()) {
    replayed.restore(entry);
  }
  EXPECT_TRUE(replayed.finished());
  const auto live = world.dispatcher().view();
  const auto again = replayed.view();
  for (std::size_t i = 0; i < live.size(); ++i) {
    EXPECT_EQ(live[i].status, again[i].status);
    EXPECT_EQ(live[i].attempt, again[i].attempt);
    EXPECT_EQ(live[i].iterations_finished, again[i].iterations_finished);
  }
}

/// The report is made of the journal alone and must tell what the coordinator knew.
void check_report(const World& world) {
  const coordinator::Analysis analysis = coordinator::analyse(world.plan(), world.journal());
  const auto live = world.dispatcher().view();
  std::uint32_t complete = 0;
  for (std::size_t i = 0; i < live.size(); ++i) {
    const coordinator::TrialState& told = analysis.state.trials[i];
    if (told.accepted) {
      EXPECT_EQ(live[i].status, coordinator::Dispatcher::TrialStatus::done);
      EXPECT_EQ(told.complete_iterations(), live[i].iterations_finished);
    }
    complete += told.complete_iterations();
  }
  EXPECT_EQ(analysis.verdict.complete, complete);
  EXPECT_EQ(coordinator::summary_md(analysis),
            coordinator::summary_md(coordinator::analyse(world.plan(), world.journal())));
}

void run_seed(std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "replay with OCIBENCH_SEED=" << seed);
  World world(seed, draw_troubles(seed));
  world.run();
  ASSERT_TRUE(world.over()) << "the campaign did not end by its deadline";
  EXPECT_TRUE(world.violations().empty()) << world.violations().front();
  EXPECT_LE(world.most_in_flight(), agent::Session::kWindowRecords);
  check_leases(world);
  check_replay(world);
  check_report(world);
}

TEST(CampaignSim, KeepsItsInvariantsUnderAThousandSeeds) {
  if (const auto seed = number_from_environment("OCIBENCH_SEED", 0); seed != 0) {
    run_seed(seed);
    return;
  }
  const auto seeds = number_from_environment("OCIBENCH_SEEDS", 1000);
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    run_seed(seed);
  }
}

TEST(CampaignSim, CompletesEveryTrialWhenNothingGoesWrong) {
  World world(42, {.agents = 2});
  world.run();
  ASSERT_TRUE(world.over());
  std::set<TrialId> finished;
  for (const JournalEntry& entry : world.journal()) {
    if (const auto* record = std::get_if<AgentRecord>(&entry.body)) {
      if (const auto* done = std::get_if<TrialFinished>(record)) {
        finished.insert(done->id.trial);
      }
    }
  }
  EXPECT_EQ(finished.size(), world.plan().trials.size());
}

TEST(CampaignSim, CompletesEveryTrialWhereLanesTakeTurns) {
  for (const std::uint64_t seed : {41U, 42U, 43U}) {  // 42: trials are to start together
    SCOPED_TRACE(seed);
    World world(seed, {.agents = 4, .shared_hosts = true});
    world.run();
    ASSERT_TRUE(world.over());
    check_leases(world);
    EXPECT_EQ(coordinator::analyse(world.plan(), world.journal()).verdict.kind,
              coordinator::VerdictKind::valid);
  }
}

TEST(CampaignSim, StartsTogetherWhatIsToStartTogether) {
  World world(42, {.agents = 2});
  world.run();
  EXPECT_EQ(world.most_together(), 2U);
}

TEST(CampaignSim, LosesNothingWhenTheCoordinatorIsKilledAgainAndAgain) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, {.agents = 1, .coordinator_crashes = 6});
    world.run();
    ASSERT_TRUE(world.over());
    EXPECT_TRUE(world.violations().empty());
    for (const auto& trial : world.dispatcher().view()) {
      EXPECT_EQ(trial.status, coordinator::Dispatcher::TrialStatus::done);
      EXPECT_EQ(trial.iterations_finished, trial.trial->iterations);
    }
  }
}

}  // namespace
}  // namespace ocibench::sim
