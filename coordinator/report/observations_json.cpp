#include "coordinator/report/observations_json.hpp"

#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

Json requests_json(const WireObservation& seen) {
  Json list = Json::array();
  for (const RequestCount& count : seen.requests) {
    list.push_back({{"side", to_string(count.side)},
                    {"class", to_string(count.request)},
                    {"status", count.status},
                    {"count", count.count},
                    {"request_bytes", count.request_bytes},
                    {"response_bytes", count.response_bytes}});
  }
  return list;
}

Json images_json(const WireObservation& seen) {
  const std::optional<CompletionTimes> times = completion_times(seen);
  Json list = Json::array();
  for (const ImageCompletion& image : seen.images) {
    list.push_back({{"repository", image.repository},
                    {"tag", image.tag},
                    {"after_s", to_seconds(image.after)}});
  }
  return {{"count", seen.images.size()},
          {"first_s", times ? Json(times->first_s) : Json(nullptr)},
          {"median_s", times ? Json(times->median_s) : Json(nullptr)},
          {"last_s", times ? Json(times->last_s) : Json(nullptr)},
          {"each", std::move(list)}};
}

Json seen_json(const WireObservation& seen) {
  const WireTotals totals = totals_of(seen);
  return {{"requests", requests_json(seen)},
          {"source_connections", seen.source_connections},
          {"target_connections", seen.target_connections},
          {"sent_bytes", totals.sent_bytes},
          {"received_bytes", totals.received_bytes},
          {"mounts_tried", count_of(seen, RequestClass::mount)},
          {"mounts_created", totals.mounts_created},
          {"mounts_declined", totals.mounts_declined},
          {"duplicate_blob_gets", seen.duplicate_blob_gets},
          {"token_requests", count_of(seen, RequestClass::token)},
          {"referrer_calls", count_of(seen, RequestClass::referrers)},
          {"throttled", throttled(seen)},
          {"images", images_json(seen)},
          {"user_agents", seen.user_agents}};
}

}  // namespace

Json observation_json(const ObservationRow& row) {
  const TrialState& trial = *row.trial;
  return {{"scenario", trial.trial.scenario},
          {"tool", trial.trial.tool},
          {"label", row.label},
          {"status", to_string(trial.outcome.kind)},
          {"cause", trial.outcome.cause.empty() ? Json(nullptr) : Json(trial.outcome.cause)},
          {"wire", row.seen == nullptr ? Json(nullptr) : seen_json(*row.seen)}};
}

Json observations_json(const Analysis& analysis) {
  Json list = Json::array();
  for (const ObservationRow& row : observation_rows(analysis.state)) {
    list.push_back(observation_json(row));
  }
  return list;
}

}  // namespace ocibench::coordinator
