// An agent that holds a lane's key and sends what it likes: no set of its records makes an
// iteration complete whose proof differs from the plan, or that it was not given. Records that fit
// are changed by the seed and go through the coordinator's own core, its journal and the analysis.
// OCIBENCH_SEED=<n> runs that seed alone, OCIBENCH_SEEDS=<n> another number of them.

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/analysis/analysis.hpp"
#include "coordinator/dispatch/stream_names.hpp"
#include "tests/support/journal_builder.hpp"
#include "tests/unit/coordinator/dispatcher_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using testing_support::make_plan;
using testing_support::whole_proof;

using Records = std::vector<AgentRecord>;
using Random = std::mt19937_64;

constexpr std::uint32_t kRunIterations = 2;
constexpr std::uint64_t kDefaultSeeds = 1000;
constexpr std::uint64_t kMostMutations = 3;
/// Of make_plan(): two blobs of 30 MB less 1 kB, one of 100 MB.
constexpr std::uint64_t kOwnLayerBytes = 29'999'000;
constexpr std::uint64_t kAllBlobBytes = 100'000'000 + 2 * kOwnLayerBytes;

const AgentName kHonest("honest");
const AgentName kHostile("hostile");

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The second image with another layer of the same size.
ResolvedImage moved_image(const ResolvedCorpus& lock) {
  ResolvedImage image = lock.images[1];
  image.manifests[0].blobs[1].digest = "sha256:" + std::string(64, '9');
  image.manifests[0].digest = image.digest = "sha256:" + std::string(64, '8');
  return image;
}

/// A scenario, and what an iteration of it must send once, worked out by hand.
struct Case {
  PlannedScenario scenario;
  std::uint64_t unique_bytes = 0;
};

std::vector<Case> all_cases(const ResolvedCorpus& lock) {
  const ScenarioSteps again{.populate = Populate::corpus, .tool_state = ToolState::kept};
  const ScenarioSteps elsewhere{.populate = Populate::corpus, .destination = Destination::other};
  return {{{.name = "cold"}, kAllBlobBytes},
          {{.name = "warm", .steps = again}, 0},
          {{.name = "partial", .steps = again, .moved = {moved_image(lock)}}, kOwnLayerBytes},
          {{.name = "cross-repo", .steps = elsewhere}, 0}};
}

/// Two of the cases, two copying tools on a lane each, and the null tool.
Plan draw_plan(Random& random) {
  Plan plan = make_plan({"alpha", "beta", "null"}, kRunIterations);
  std::vector<Case> cases = all_cases(plan.lock);
  std::ranges::shuffle(cases, random);
  plan.scenarios = {cases[0].scenario, cases[1].scenario};
  plan.lanes = 2;
  const std::vector<Trial> trials = std::exchange(plan.trials, {});
  for (const PlannedScenario& scenario : plan.scenarios) {
    std::uint32_t lane = 0;
    for (Trial trial : trials) {
      trial.id = TrialId(scenario.name + "/" + trial.tool + "/r1");
      trial.scenario = scenario.name;
      trial.lane = lane++ % 2 + 1;
      plan.trials.push_back(trial);
    }
  }
  return plan;
}

std::uint64_t floor_bytes(const Plan& plan, const Trial& trial) {
  for (const Case& one : all_cases(plan.lock)) {
    if (one.scenario.name == trial.scenario) {
      return 2 * one.unique_bytes;
    }
  }
  return 0;
}

/// What an honest agent sends of a trial.
Records honest_records(const Plan& plan, const Trial& trial, const AttemptId& id) {
  const bool copies = trial.tool != "null";
  Records records = {TrialStarted{.id = id, .subject = {.name = trial.tool, .label = trial.tool}}};
  for (std::uint32_t index = 1; index <= trial.iterations; ++index) {
    Iteration iteration{
        .index = index,
        .outcome = {.kind = OutcomeKind::complete},
        .wall = std::chrono::milliseconds(copies ? 900 : 1),
        .exit_code = 0,
        .network = NetworkUse{.interface = "lo", .tx_bytes = floor_bytes(plan, trial) + 1000}};
    if (copies) {
      iteration.verification = whole_proof(plan, trial);
    }
    records.emplace_back(PhaseFinished{.id = id, .phase = Phase::populate, .iteration = index});
    records.emplace_back(IterationFinished{id, iteration});
  }
  records.emplace_back(TrialFinished{.id = id, .outcome = {.kind = OutcomeKind::complete}});
  return records;
}

// ---- changes

/// Everything that a change may need.
struct Deck {
  Random& random;
  const Plan& plan;
  Records& records;

  std::size_t below(std::size_t bound) const { return random() % bound; }
  AgentRecord& any_record() const { return records[below(records.size())]; }
  /// nullptr when none is left.
  Iteration* any_iteration() const {
    std::vector<Iteration*> found;
    for (AgentRecord& record : records) {
      if (auto* finished = std::get_if<IterationFinished>(&record)) {
        found.push_back(&finished->iteration);
      }
    }
    return found.empty() ? nullptr : found[below(found.size())];
  }
};

AttemptId& id_of(AgentRecord& record) {
  return std::visit([](auto& body) -> AttemptId& { return body.id; }, record);
}

/// Another trial of the plan, one that it has not, or the same one.
TrialId any_trial(const Deck& deck) {
  const std::size_t drawn = deck.below(deck.plan.trials.size() + 1);
  return drawn == deck.plan.trials.size() ? TrialId("cold/unknown/r1") : deck.plan.trials[drawn].id;
}

void change_a_count(const Deck& deck, Verification& proof) {
  using V = Verification;
  constexpr std::pair<std::uint32_t V::*, std::uint32_t V::*> kCounts[] = {
      {&V::images_expected, &V::images_found},
      {&V::manifests_expected, &V::manifests_found},
      {&V::blobs_expected, &V::blobs_found}};
  const auto& [expected, found] = kCounts[deck.below(3)];
  const std::uint32_t value = static_cast<std::uint32_t>(deck.below(6));
  switch (deck.below(3)) {
    case 0: proof.*expected = value; break;
    case 1: proof.*found = value; break;
    default: proof.*expected = proof.*found = value; break;
  }
}

void change_the_proof(const Deck& deck, Iteration& iteration) {
  if (!iteration.verification || deck.below(8) == 0) {
    iteration.verification.reset();
    return;
  }
  Verification& proof = *iteration.verification;
  switch (deck.below(6)) {
    case 0: proof.bytes_proven += deck.below(3) - 1; break;
    case 1: proof.content_sha256 = std::string(64, '0'); break;
    case 2: proof.content_sha256.clear(); break;
    case 3: proof.missing = {"a@b: not there"}; break;
    // The whole proof of another trial.
    case 4:
      proof = whole_proof(deck.plan, deck.plan.trials[deck.below(deck.plan.trials.size())]);
      break;
    default: change_a_count(deck, proof); break;
  }
}

void change_the_bytes(const Deck& deck, Iteration& iteration) {
  if (!iteration.network || deck.below(4) == 0) {
    iteration.network.reset();
  } else if (deck.below(4) == 0) {
    iteration.network->interface = "ens5";
  } else {
    iteration.network->tx_bytes = deck.below(iteration.network->tx_bytes + 1);
  }
}

void change_the_end(const Deck& deck, Iteration& iteration) {
  switch (deck.below(4)) {
    case 0: iteration.wall.reset(); break;
    case 1: iteration.wall = std::chrono::nanoseconds(0); break;
    case 2: iteration.exit_code = 1; break;
    default: iteration.signal = 9; break;
  }
}

void change_an_iteration(const Deck& deck) {
  Iteration* iteration = deck.any_iteration();
  if (iteration == nullptr) {
    return;
  }
  switch (deck.below(5)) {
    case 0: change_the_bytes(deck, *iteration); break;
    case 1: change_the_end(deck, *iteration); break;
    case 2:
      iteration->index = 1 + static_cast<std::uint32_t>(deck.below(kRunIterations + 1));
      break;
    default: change_the_proof(deck, *iteration); break;
  }
}

void change_the_sequence(const Deck& deck) {
  Records& records = deck.records;
  const std::size_t from = deck.below(records.size());
  const std::size_t to = deck.below(records.size());
  const auto place = records.begin() + static_cast<std::ptrdiff_t>(to);
  switch (deck.below(4)) {
    case 0: records.push_back(records[from]); break;
    case 1: std::swap(records[from], records[to]); break;
    case 2: records.insert(place, AgentRecord(records[from])); break;
    default:
      if (records.size() > 1) {
        records.erase(place);
      }
  }
}

void change_whose_it_is(const Deck& deck) {
  AttemptId& id = id_of(deck.any_record());
  if (deck.below(2) == 0) {
    id.trial = any_trial(deck);
  } else {
    id.attempt = 1 + static_cast<std::uint32_t>(deck.below(3));
  }
}

/// All records of a trial that fit, but of one that it may not hold.
void add_another_trial(const Deck& deck) {
  const Trial& trial = deck.plan.trials[deck.below(deck.plan.trials.size())];
  const AttemptId id{trial.id, 1 + static_cast<std::uint32_t>(deck.below(2))};
  std::ranges::copy(honest_records(deck.plan, trial, id), std::back_inserter(deck.records));
}

void mutate(const Deck& deck) {
  switch (deck.below(6)) {
    case 0: change_the_sequence(deck); break;
    case 1: change_whose_it_is(deck); break;
    case 2: add_another_trial(deck); break;
    default: change_an_iteration(deck); break;
  }
}

// ---- a campaign

/// The coordinator's core with two agents, one of which is hostile.
class HostileCampaign {
 public:
  HostileCampaign(std::uint64_t seed, std::uint64_t most_mutations)
      : random_(seed), plan_(draw_plan(random_)), most_mutations_(most_mutations), desk_(plan_) {
    desk_.hello(kHonest, kBoot);
    desk_.hello(kHostile, kBoot);
    for (int round = 0; round < kMostRounds && !desk_.finish(); ++round) {
      answer();
      desk_.pass(std::chrono::seconds(1));
    }
  }

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] bool over() const { return desk_.finish().has_value(); }

  /// The journal as the shell would have written it.
  [[nodiscard]] std::vector<JournalEntry> journal() const {
    std::vector<JournalEntry> entries;
    for (const Action& action : desk_.all) {
      if (const auto* append = std::get_if<Append>(&action)) {
        entries.push_back(entry_of(*append));
      }
    }
    return entries;
  }

 private:
  static constexpr int kMostRounds = 2000;
  static constexpr const char* kBoot = "000000000001";

  static JournalEntry entry_of(const Append& append) {
    if (append.stream == kCoordinatorStream) {
      return {.seq = append.seq,
              .body = *protocol::decode_stored_coordinator_record(append.payload)};
    }
    const auto from = parse_agent_stream(append.stream);
    return {.agent = from->agent,
            .boot = from->boot,
            .seq = append.seq,
            .body = *protocol::decode_agent_record(append.payload)};
  }

  /// Looks at what was assigned and sends what there is to send of it.
  void answer() {
    for (; seen_ < desk_.all.size(); ++seen_) {
      const auto* send = std::get_if<Send>(&desk_.all[seen_]);
      const auto* assign =
          send == nullptr ? nullptr : std::get_if<protocol::Assign>(&send->message);
      if (assign != nullptr) {
        const AgentName to = send->to;
        const Assignment assignment = assign->assignment;  // `all` grows meanwhile
        work(to, assignment);
      }
    }
    desk_.beat(kHonest, kBoot);
  }

  void work(const AgentName& agent, const Assignment& assignment) {
    const AttemptId id{assignment.trial.id, assignment.attempt};
    if (!worked_on_.emplace(agent, id).second) {
      return;  // assigned again
    }
    Records records = honest_records(plan_, assignment.trial, id);
    if (agent == kHostile && most_mutations_ > 0) {
      const std::uint64_t mutations = random_() % (most_mutations_ + 1);
      for (std::uint64_t i = 0; i < mutations; ++i) {
        mutate({random_, plan_, records});
      }
    }
    for (const AgentRecord& record : records) {
      desk_.record(agent, kBoot, next_seq_[agent]++, record);
    }
  }

  Random random_;
  Plan plan_;
  std::uint64_t most_mutations_;
  Desk desk_;
  std::size_t seen_ = 0;
  std::set<std::pair<AgentName, AttemptId>> worked_on_;
  std::map<AgentName, std::uint64_t> next_seq_;
};

// ---- what must hold

/// Whether the journal has the iteration from the agent to which the attempt was leased.
bool is_from_its_holder(const std::vector<JournalEntry>& journal, const AttemptState& attempt,
                        const Iteration& iteration) {
  bool leased = false;
  bool reported = false;
  for (const JournalEntry& entry : journal) {
    if (const auto* own = std::get_if<CoordinatorRecord>(&entry.body)) {
      const auto* lease = std::get_if<TrialLeased>(own);
      leased = leased || (lease != nullptr && lease->id == attempt.id &&
                          lease->agent == attempt.agent && lease->boot == attempt.boot);
      continue;
    }
    const auto* told = std::get_if<IterationFinished>(&std::get<AgentRecord>(entry.body));
    reported = reported || (leased && told != nullptr && told->id == attempt.id &&
                            entry.agent == attempt.agent && entry.boot == attempt.boot &&
                            told->iteration == iteration);
  }
  return reported;
}

void check_complete(const Plan& plan, const std::vector<JournalEntry>& journal,
                    const TrialState& trial, const Iteration& iteration) {
  const AttemptState* attempt = trial.shown_attempt();
  ASSERT_NE(attempt, nullptr);
  EXPECT_TRUE(is_from_its_holder(journal, *attempt, iteration)) << name_of(attempt->id);
  EXPECT_TRUE(iteration.wall && iteration.wall->count() > 0);
  EXPECT_EQ(iteration.exit_code, 0);
  EXPECT_FALSE(iteration.signal);
  if (trial.trial.tool == "null") {
    return;
  }
  ASSERT_TRUE(iteration.verification);
  EXPECT_EQ(*iteration.verification, whole_proof(plan, trial.trial)) << name_of(attempt->id);
  if (const std::uint64_t floor = floor_bytes(plan, trial.trial); floor > 0) {
    ASSERT_TRUE(iteration.network);
    EXPECT_EQ(iteration.network->interface, "lo");
    EXPECT_GE(iteration.network->tx_bytes, floor / 10 * 9);
  }
}

/// How many iterations are complete, after a look at each of them.
std::uint32_t check(const HostileCampaign& campaign) {
  const std::vector<JournalEntry> journal = campaign.journal();
  const Analysis analysis = analyse(campaign.plan(), journal);
  std::uint32_t complete = 0;
  for (const TrialState& trial : analysis.state.trials) {
    for (const Iteration& iteration : trial.counted) {
      if (iteration.outcome.kind == OutcomeKind::complete) {
        ++complete;
        check_complete(campaign.plan(), journal, trial, iteration);
      }
    }
  }
  EXPECT_EQ(analysis.verdict.complete, complete);
  if (complete < analysis.verdict.planned) {
    EXPECT_NE(analysis.verdict.kind, VerdictKind::valid);
  }
  Dispatcher restored(CampaignId("c"), campaign.plan());
  for (const JournalEntry& entry : journal) {
    restored.restore(entry);
  }
  EXPECT_EQ(restored.finished(), campaign.over());
  return complete;
}

TEST(HostileAgent, CompletesNothingThatDiffersFromThePlan) {
  if (const auto seed = number_of("OCIBENCH_SEED", 0); seed != 0) {
    check(HostileCampaign(seed, kMostMutations));
    return;
  }
  const auto seeds = number_of("OCIBENCH_SEEDS", kDefaultSeeds);
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "replay with OCIBENCH_SEED=" << seed);
    const HostileCampaign campaign(seed, kMostMutations);
    ASSERT_TRUE(campaign.over());
    const std::uint32_t all =
        static_cast<std::uint32_t>(campaign.plan().trials.size()) * kRunIterations;
    refused += check(campaign) < all ? 1U : 0U;
  }
  EXPECT_GT(refused, seeds / 4) << "the changes must matter";
  EXPECT_LT(refused, seeds) << "and some must not";
}

TEST(HostileAgent, CompletesEverythingWhenItIsHonest) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const HostileCampaign campaign(seed, 0);
    ASSERT_TRUE(campaign.over());
    EXPECT_EQ(check(campaign), campaign.plan().trials.size() * kRunIterations);
    EXPECT_EQ(analyse(campaign.plan(), campaign.journal()).verdict.kind, VerdictKind::valid);
  }
}

}  // namespace
}  // namespace ocibench::coordinator
