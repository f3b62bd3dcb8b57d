#include "coordinator/analysis/shared_hosts.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace ocibench::coordinator {
namespace {

/// When an attempt kept its host busy: its untimed phases do so too.
struct Work {
  WallTime begin{};
  WallTime end{};
  const AttemptState* attempt = nullptr;
  WallTime latest_end{};  ///< of this and all that began before
};

/// In the order of their beginning.
using WorkOfHost = std::vector<Work>;

WallTime end_of(const Iteration& iteration) {
  return iteration.started_at + std::chrono::duration_cast<WallTime::duration>(
                                    iteration.wall.value_or(std::chrono::nanoseconds(0)));
}

/// One that did not say that it ended was at work as long as is known of it, at least until it was
/// given up, or else until the campaign ended.
WallTime end_of(const AttemptState& attempt, const CampaignState& state) {
  if (attempt.finished) {
    return attempt.finished->at;
  }
  WallTime end = WallTime::max();
  if (attempt.lost) {
    end = attempt.lost->at;
  } else if (state.finished) {
    end = state.finished->at;
  }
  for (const RecordedIteration& recorded : attempt.iterations) {
    end = std::max(end, end_of(recorded.iteration));
  }
  return end;
}

/// The start is told when the source registry is up and filled.
WallTime begin_of(const AttemptState& attempt) {
  WallTime begin = attempt.started->at;
  for (const PhaseFinished& phase : attempt.phases) {
    if (phase.phase == Phase::setup) {
      begin -= std::chrono::duration_cast<WallTime::duration>(phase.took);
    }
  }
  return begin;
}

std::map<std::string, WorkOfHost> work_by_host(const CampaignState& state) {
  std::map<std::string, WorkOfHost> hosts;
  for (const TrialState& trial : state.trials) {
    for (const AttemptState& attempt : trial.attempts) {
      const auto host =
          attempt.started ? fact_of(attempt.started->environment, kHostIdentityFact) : std::nullopt;
      if (host) {
        hosts[*host].push_back({begin_of(attempt), end_of(attempt, state), &attempt});
      }
    }
  }
  for (auto& [host, all] : hosts) {
    std::ranges::sort(all, {}, &Work::begin);
    WallTime latest = WallTime::min();
    for (Work& work : all) {
      latest = std::max(latest, work.end);
      work.latest_end = latest;
    }
  }
  return hosts;
}

bool one_network(const AttemptState& a, const AttemptState& b) {
  const auto network = fact_of(a.started->environment, kNetworkNamespaceFact);
  return network && network == fact_of(b.started->environment, kNetworkNamespaceFact);
}

/// The last to begin of those that another agent did during the iteration.
std::optional<HostNeighbour> neighbour_of(const AttemptState& attempt, const Iteration& iteration,
                                          const WorkOfHost& all) {
  const auto later = std::ranges::lower_bound(all, end_of(iteration), {}, &Work::begin);
  for (auto work = later; work != all.begin();) {
    --work;
    if (work->latest_end <= iteration.started_at) {
      break;
    }
    const AttemptState& other = *work->attempt;
    if (work->end > iteration.started_at &&
        (other.agent != attempt.agent || other.boot != attempt.boot)) {
      return HostNeighbour{iteration.index, other.agent, one_network(attempt, other)};
    }
  }
  return std::nullopt;
}

}  // namespace

void find_neighbours(CampaignState& state) {
  const std::map<std::string, WorkOfHost> hosts = work_by_host(state);
  for (TrialState& trial : state.trials) {
    const AttemptState* attempt = trial.shown_attempt();
    const auto identity = attempt != nullptr && attempt->started
                              ? fact_of(attempt->started->environment, kHostIdentityFact)
                              : std::nullopt;
    if (!identity) {
      continue;
    }
    for (const Iteration& iteration : trial.counted) {
      if (!iteration.wall) {
        continue;
      }
      if (const auto neighbour = neighbour_of(*attempt, iteration, hosts.at(*identity))) {
        trial.neighbours.push_back(*neighbour);
      }
    }
  }
}

}  // namespace ocibench::coordinator
