#include "tests/support/measured_rounds.hpp"

#include <cmath>

#include <fmt/format.h>

#include "tests/support/journal_builder.hpp"

namespace ocibench::testing_support {
namespace {

TrialId trial_id(const std::string& tool, std::uint32_t round) {
  return TrialId(fmt::format("cold/{}/r{}", tool, round));
}

void add_trial(JournalBuilder& journal, const MeasuredTrial& trial, std::uint32_t planned) {
  const AttemptId id{.trial = trial_id(trial.tool, trial.round), .attempt = 1};
  journal.lease(id, trial.agent).begin(id);
  std::uint32_t index = 0;
  for (const std::optional<double>& wall : trial.walls_s) {
    ++index;
    if (!wall) {
      journal.iteration(id, failed_iteration(index, OutcomeKind::failed, "exit code 1"));
      continue;
    }
    Iteration iteration = complete_iteration(index);
    iteration.wall = std::chrono::nanoseconds(std::llround(*wall * 1e9));
    journal.iteration(id, iteration);
  }
  index < planned ? journal.lose(id, "silent for 10 s") : journal.finish(id);
}

}  // namespace

coordinator::Plan plan_of_rounds(const std::vector<std::string>& tools, std::uint32_t rounds,
                                 std::uint32_t iterations) {
  coordinator::Plan plan = make_plan(tools, iterations);
  const std::vector<Trial> first = plan.trials;
  plan.rounds = rounds;
  plan.trials.clear();
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    for (Trial trial : first) {
      trial.id = trial_id(trial.tool, round);
      trial.round = round;
      plan.trials.push_back(trial);
    }
  }
  return plan;
}

std::vector<JournalEntry> journal_of(const coordinator::Plan& plan,
                                     const std::vector<MeasuredTrial>& trials) {
  JournalBuilder journal;
  journal.start(plan);
  for (const MeasuredTrial& trial : trials) {
    add_trial(journal, trial, plan.iterations);
  }
  return journal.end().entries();
}

coordinator::Analysis analyse_trials(const coordinator::Plan& plan,
                                     const std::vector<MeasuredTrial>& trials) {
  return coordinator::analyse(plan, journal_of(plan, trials));
}

}  // namespace ocibench::testing_support
