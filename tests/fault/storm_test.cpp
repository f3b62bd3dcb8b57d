// Faults drawn from a seed, one after another, on real processes: kill, freeze and restart of
// agents and of the coordinator. After each campaign nothing that was acknowledged is lost, nothing
// is there twice, and nobody hangs.
//
// OCIBENCH_FAULTS=1000 draws so many (default 12); OCIBENCH_FAULT_SEED another storm.

#include <signal.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "common/durable/record_log.hpp"
#include "coordinator/analysis/journal.hpp"
#include "tests/fault/fleet_run.hpp"

namespace ocibench::fault {
namespace {

using std::chrono::milliseconds;

/// No record twice: sequence numbers of each stream are contiguous, and no iteration of an attempt
/// is there more than once.
/// Returns how many records there are.
std::size_t expect_each_record_once(const std::filesystem::path& bundle) {
  auto log = durable::RecordLog::open_read_only(bundle / "journal.sqlite");
  // read_journal() checks that streams are contiguous.
  const auto journal = log ? coordinator::read_journal(*log) : tl::unexpected(log.error());
  if (!journal) {
    ADD_FAILURE() << journal.error().message;
    return 0;
  }
  std::set<std::string> seen;
  for (const JournalEntry& entry : *journal) {
    const auto* record = std::get_if<AgentRecord>(&entry.body);
    const auto* done = record == nullptr ? nullptr : std::get_if<IterationFinished>(record);
    if (done != nullptr) {
      const std::string id = done->id.trial.str() + "#" + std::to_string(done->id.attempt) + "#" +
                             std::to_string(done->iteration.index);
      EXPECT_TRUE(seen.insert(id).second) << id << " is there twice";
    }
  }
  return journal->size();
}

class Storm : public FleetRun {
 protected:
  static constexpr int kAgents = 3;
  static std::string name(unsigned agent) { return "lane-" + std::to_string(agent + 1); }

  /// Long enough for many faults: ten rounds of trials of some seconds.
  std::string write_storm_campaign() {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"storm\"\nscenarios = [\"cold\"]\n"
                           "tools = [\"null\", \"sleep\"]\ncorpus = \"tiny\"\nrounds = 10\n"
                           "iterations = 3\nseed = 7\n\n[agents]\nshare_host = true\n\n[limits]\n"
                           "heartbeat_s = 0.1\n"
                           "agent_lost_after_s = 2\nagent_wait_s = 20\nmax_attempts = 100\n";
    return file.string();
  }
  void inject(std::mt19937& random) {
    const auto which = static_cast<unsigned>(random() % kAgents);
    switch (random() % 4) {
      case 0:
        agent(name(which)).signal(SIGKILL);
        (void)agent(name(which)).wait(kPatience);
        start_agent(name(which));
        break;
      case 1:
        agent(name(which)).signal(SIGSTOP);
        (void)coordinator().wait(milliseconds(random() % 1'500));
        agent(name(which)).signal(SIGCONT);
        break;
      case 2:
        agent(name(which)).signal(SIGTERM);
        (void)agent(name(which)).wait(kPatience);
        start_agent(name(which));
        break;
      default:
        coordinator().signal(SIGKILL);
        (void)coordinator().wait(kPatience);
        resume_coordinator();
    }
  }
  /// One campaign with at most so many faults; returns how many there were.
  unsigned run_campaign(std::mt19937& random, unsigned most) {
    start_coordinator(write_storm_campaign());
    for (unsigned i = 0; i < kAgents; ++i) {
      start_agent(name(i));
    }
    EXPECT_TRUE(coordinator().wait_for_err("goes to agent", kPatience)) << coordinator().err();
    unsigned injected = 0;
    while (injected < most && !coordinator().wait(milliseconds(random() % 400))) {
      inject(random);
      ++injected;
    }
    calm();
    const auto status = coordinator().wait(kPatience);
    EXPECT_TRUE(status) << "hangs: " << coordinator().err();
    EXPECT_THAT(status.value_or(-1), testing::AnyOf(0, 2)) << coordinator().err();
    EXPECT_THAT(coordinator().out(), testing::HasSubstr("RESULT: "));
    records_ += expect_each_record_once(bundle());
    EXPECT_TRUE(nothing_acknowledged_is_lost());
    end_campaign();
    return injected;
  }
  /// Frozen agents thaw and dead ones come back: the storm is over.
  void calm() {
    for (unsigned i = 0; i < kAgents; ++i) {
      agent(name(i)).signal(SIGCONT);
      if (agent(name(i)).wait(milliseconds(0))) {
        start_agent(name(i));
      }
    }
  }
  std::size_t records_ = 0;

  void end_campaign() {
    for (unsigned i = 0; i < kAgents; ++i) {
      agent(name(i)).signal(SIGTERM);
      EXPECT_TRUE(agent(name(i)).wait(kPatience)) << agent(name(i)).err();
      std::filesystem::remove_all(path("state-" + name(i)));
    }
    std::filesystem::remove_all(path("results"));
  }
};

TEST_F(Storm, LosesNothingThatWasAcknowledgedAndEnds) {
  std::mt19937 random(number_from("OCIBENCH_FAULT_SEED", 20261122));
  const unsigned faults = number_from("OCIBENCH_FAULTS", 12);
  for (unsigned i = 0; i < kAgents; ++i) {
    admit(name(i));
  }
  unsigned injected = 0;
  unsigned campaigns = 0;
  for (; injected < faults && campaigns <= faults && !HasFailure(); ++campaigns) {
    injected += run_campaign(random, faults - injected);
  }
  EXPECT_EQ(injected, faults);
  std::printf("%u faults in %u campaigns, %zu records in their journals\n", injected, campaigns,
              records_);
}

}  // namespace
}  // namespace ocibench::fault
