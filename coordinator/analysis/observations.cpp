#include "coordinator/analysis/observations.hpp"

#include "common/units.hpp"
#include "coordinator/analysis/statistics.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::int32_t kCreated = 201;
constexpr std::int32_t kAccepted = 202;

}  // namespace

std::vector<ObservationRow> observation_rows(const CampaignState& state) {
  std::vector<ObservationRow> rows;
  for (const TrialState& trial : state.trials) {
    if (trial.trial.kind != TrialKind::observe) {
      continue;
    }
    ObservationRow row{.trial = &trial, .label = trial.trial.tool};
    if (const AttemptState* attempt = trial.shown_attempt()) {
      row.label = attempt->started ? attempt->started->subject.label : row.label;
      row.seen = attempt->observed ? &attempt->observed->observation : nullptr;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

WireTotals totals_of(const WireObservation& seen) {
  WireTotals totals;
  for (const RequestCount& count : seen.requests) {
    const bool mount = count.request == RequestClass::mount;
    totals.mounts_created += mount && count.status == kCreated ? count.count : 0;
    totals.mounts_declined += mount && count.status == kAccepted ? count.count : 0;
    totals.sent_bytes += count.request_bytes;
    totals.received_bytes += count.response_bytes;
  }
  return totals;
}

std::uint64_t count_at(const WireObservation& seen, RegistrySide side, RequestClass request) {
  std::uint64_t sum = 0;
  for (const RequestCount& count : seen.requests) {
    sum += count.side == side && count.request == request ? count.count : 0;
  }
  return sum;
}

std::optional<CompletionTimes> completion_times(const WireObservation& seen) {
  std::vector<double> times;
  for (const ImageCompletion& image : seen.images) {
    times.push_back(to_seconds(image.after));
  }
  const std::optional<Summary> summary = summarise(std::move(times));
  return summary ? std::optional(CompletionTimes{summary->min, summary->median, summary->max})
                 : std::nullopt;
}

}  // namespace ocibench::coordinator
