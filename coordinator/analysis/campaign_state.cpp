#include "coordinator/analysis/campaign_state.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "coordinator/analysis/settle_trials.hpp"
#include "coordinator/analysis/shared_hosts.hpp"

namespace ocibench::coordinator {
namespace {

/// Applies the journal entry by entry. What the entries amount to is decided afterwards.
class Replay {
 public:
  explicit Replay(const Plan& plan) {
    for (const Trial& trial : plan.trials) {
      trials_.emplace(trial.id, state_.trials.size());
      state_.trials.push_back({.trial = trial});
    }
  }

  void apply(const JournalEntry& entry) {
    check_contiguous(entry);
    if (const auto* decision = std::get_if<CoordinatorRecord>(&entry.body)) {
      std::visit([this](const auto& record) { decide(record); }, *decision);
      return;
    }
    std::visit([&](const auto& record) { tell(entry, record); }, std::get<AgentRecord>(entry.body));
  }

  CampaignState take() { return std::move(state_); }

 private:
  void check_contiguous(const JournalEntry& entry) {
    std::uint64_t& expected = next_seq_[{entry.agent, entry.boot}];
    if (entry.seq != expected) {
      find(FindingCode::journal_gap,
           entry.agent.empty() ? "coordinator"
                               : fmt::format("{}/{}", entry.agent.str(), entry.boot.str()),
           fmt::format("record {} follows where {} was due", entry.seq, expected));
    }
    expected = entry.seq + 1;
  }

  void decide(const CampaignStarted& record) {
    if (state_.started) {
      find(FindingCode::contradiction, "coordinator", "the campaign was started twice");
      return;
    }
    state_.started = record;
  }

  void decide(const TrialLeased& record) {
    TrialState* trial = find_trial(record.id.trial);
    if (trial == nullptr) {
      return;
    }
    const auto place = std::ranges::lower_bound(trial->attempts, record.id.attempt, {},
                                                [](const auto& a) { return a.id.attempt; });
    if (place != trial->attempts.end() && place->id == record.id) {
      find(FindingCode::contradiction, name_of(record.id), "the attempt was leased twice");
      return;
    }
    trial->attempts.insert(
        place,
        {.id = record.id, .agent = record.agent, .boot = record.boot, .leased_at = record.at});
  }

  void decide(const AttemptLost& record) {
    AttemptState* attempt = find_attempt(record.id);
    if (attempt == nullptr || attempt->lost || attempt->finished) {
      find(FindingCode::contradiction, name_of(record.id),
           "given up although it was not running: " + record.cause);
      return;
    }
    attempt->lost = record;
  }

  void decide(const CampaignFinished& record) {
    if (state_.finished) {
      find(FindingCode::contradiction, "coordinator", "the campaign was finished twice");
      return;
    }
    state_.finished = record;
  }

  template <class Record>
  void tell(const JournalEntry& entry, const Record& record) {
    if (find_trial(record.id.trial) == nullptr) {
      return;
    }
    AttemptState* attempt = find_attempt(record.id);
    if (attempt == nullptr || attempt->agent != entry.agent || attempt->boot != entry.boot) {
      if (foreign_.emplace(record.id, entry.agent).second) {
        find(FindingCode::foreign_record, name_of(record.id),
             fmt::format("agent {} sent records of an attempt that it did not hold; kept in the "
                         "journal, not counted",
                         entry.agent.str()));
      }
      return;
    }
    if (attempt->lost) {
      ++attempt->late_records;
    }
    if (attempt->finished) {
      find(FindingCode::contradiction, name_of(record.id), "a record came after its last one");
      return;
    }
    keep(*attempt, record);
  }

  static void keep(AttemptState& attempt, const TrialStarted& record) {
    if (!attempt.started) {
      attempt.started = record;
    }
  }
  static void keep(AttemptState& attempt, const PhaseFinished& record) {
    attempt.phases.push_back(record);
  }
  void keep(AttemptState& attempt, const IterationFinished& record) {
    const std::uint32_t index = record.iteration.index;
    if (index == 0 || index > find_trial(record.id.trial)->trial.iterations) {
      find(FindingCode::contradiction, name_of(record.id),
           fmt::format("iteration {} is not in the plan", index));
      return;
    }
    if (std::ranges::any_of(attempt.iterations,
                            [&](const auto& known) { return known.iteration.index == index; })) {
      find(FindingCode::contradiction, name_of(record.id),
           fmt::format("iteration {} was reported twice; the first report counts", index));
      return;
    }
    attempt.iterations.push_back(
        {record.iteration, attempt.lost ? Arrival::late : Arrival::in_time});
  }
  // The bytes go to files of their own; see visit_artifacts().
  static void keep(AttemptState&, const ArtifactChunk&) {}
  static void keep(AttemptState& attempt, const WireObserved& record) {
    if (!attempt.lost && !attempt.observed) {
      attempt.observed = record;
    }
  }
  static void keep(AttemptState& attempt, const TrialFinished& record) {
    if (!attempt.lost) {
      attempt.finished = record;
    }
  }

  TrialState* find_trial(const TrialId& id) {
    const auto known = trials_.find(id);
    if (known != trials_.end()) {
      return &state_.trials[known->second];
    }
    if (unknown_.insert(id).second) {
      find(FindingCode::unknown_trial, id.str(),
           "records of a trial that is not in the plan; kept in the journal, not counted");
    }
    return nullptr;
  }

  AttemptState* find_attempt(const AttemptId& id) {
    TrialState* trial = find_trial(id.trial);
    if (trial == nullptr) {
      return nullptr;
    }
    const auto found = std::ranges::find(trial->attempts, id, &AttemptState::id);
    return found == trial->attempts.end() ? nullptr : &*found;
  }

  void find(FindingCode code, std::string where, std::string text) {
    state_.findings.push_back({code, std::move(where), std::move(text)});
  }

  CampaignState state_;
  std::map<TrialId, std::size_t> trials_;
  std::map<std::pair<AgentName, BootId>, std::uint64_t> next_seq_;
  std::set<TrialId> unknown_;
  std::set<std::pair<AttemptId, AgentName>> foreign_;
};

}  // namespace

std::string name_of(const AttemptId& id) {
  return fmt::format("{} attempt {}", id.trial.str(), id.attempt);
}

std::uint32_t TrialState::complete_iterations() const {
  return static_cast<std::uint32_t>(
      std::ranges::count(counted, OutcomeKind::complete,
                         [](const Iteration& iteration) { return iteration.outcome.kind; }));
}

std::optional<std::string> TrialState::platform() const {
  const AttemptState* attempt = shown_attempt();
  if (attempt == nullptr || !attempt->started) {
    return std::nullopt;
  }
  const auto& facts = attempt->started->environment.facts;
  const auto fact = facts.find(kPlatformFact);
  return fact == facts.end() ? std::nullopt : fact->second;
}

CampaignState replay(const Plan& plan, std::span<const JournalEntry> journal) {
  Replay entries(plan);
  for (const JournalEntry& entry : journal) {
    entries.apply(entry);
  }
  CampaignState state = entries.take();
  if (!state.finished) {
    state.findings.push_back({FindingCode::campaign_open, "coordinator",
                              "the journal does not hold the end of the campaign"});
  }
  settle_trials(plan, state);
  find_neighbours(state);
  return state;
}

}  // namespace ocibench::coordinator
