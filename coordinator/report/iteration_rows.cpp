#include "coordinator/report/iteration_rows.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace ocibench::coordinator {
namespace {

bool was_reported_in_time(const AttemptState& attempt, std::uint32_t index) {
  return std::ranges::any_of(attempt.iterations, [&](const RecordedIteration& recorded) {
    return recorded.iteration.index == index && recorded.arrival == Arrival::in_time;
  });
}

void add_counted(const TrialState& trial, std::vector<IterationRow>& rows) {
  const AttemptState* attempt = trial.shown_attempt();
  const Standing standing = trial.accepted ? Standing::accepted : Standing::incomplete;
  for (const Iteration& iteration : trial.counted) {
    const bool reported = attempt != nullptr && was_reported_in_time(*attempt, iteration.index);
    rows.push_back({&trial, attempt, &iteration, reported ? standing : Standing::missing});
  }
}

void add_uncounted(const TrialState& trial, std::vector<IterationRow>& rows) {
  for (const AttemptState& attempt : trial.attempts) {
    for (const RecordedIteration& recorded : attempt.iterations) {
      if (recorded.arrival == Arrival::late) {
        rows.push_back({&trial, &attempt, &recorded.iteration, Standing::late});
      } else if (&attempt != trial.shown_attempt()) {
        rows.push_back({&trial, &attempt, &recorded.iteration, Standing::superseded});
      }
    }
  }
}

}  // namespace

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::accepted: return "accepted";
    case Standing::incomplete: return "incomplete";
    case Standing::superseded: return "superseded";
    case Standing::late: return "late";
    case Standing::missing: return "missing";
  }
  OCIBENCH_ASSERT(false && "a Standing outside its enumerators");
}

std::vector<IterationRow> iteration_rows(const CampaignState& state) {
  std::vector<IterationRow> rows;
  for (const TrialState& trial : state.trials) {
    add_counted(trial, rows);
    add_uncounted(trial, rows);
  }
  return rows;
}

}  // namespace ocibench::coordinator
