#include "coordinator/report/iteration_json.hpp"

#include "common/clock.hpp"
#include "common/units.hpp"
#include "coordinator/report/artifacts.hpp"

namespace ocibench::coordinator {
namespace {

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json spread_json(const std::optional<Spread>& spread) {
  if (!spread) {
    return nullptr;
  }
  return {{"p50", spread->p50}, {"p95", spread->p95}, {"max", spread->max}};
}

Json network_json(const std::optional<NetworkUse>& network) {
  if (!network) {
    return nullptr;
  }
  return {{"interface", network->interface},
          {"rx_bytes", network->rx_bytes},
          {"tx_bytes", network->tx_bytes},
          {"control_bytes", network->control_bytes},
          {"idle_tx_bytes_per_s", or_null(network->idle_tx_bytes_per_s)},
          {"rx_dropped_packets", network->rx_dropped},
          {"tx_dropped_packets", network->tx_dropped}};
}

Json resources_json(const std::optional<ResourceUse>& use) {
  if (!use) {
    return nullptr;
  }
  return {{"source", use->source},
          {"cpu_user_us", or_null(use->cpu_user_us)},
          {"cpu_system_us", or_null(use->cpu_system_us)},
          {"memory_peak_bytes", or_null(use->memory_peak_bytes)},
          {"cpu_percent", spread_json(use->cpu_percent)},
          {"rss_bytes", spread_json(use->rss_bytes)},
          {"pidstat_cpu_percent", spread_json(use->pidstat_cpu_percent)},
          {"pidstat_rss_bytes", spread_json(use->pidstat_rss_bytes)}};
}

Json validity_json(const std::optional<ValidityCounters>& counters) {
  if (!counters) {
    return nullptr;
  }
  return {{"steal_us", or_null(counters->steal_us)},
          {"psi_cpu_some_us", or_null(counters->psi_cpu_some_us)},
          {"psi_io_some_us", or_null(counters->psi_io_some_us)},
          {"psi_memory_some_us", or_null(counters->psi_memory_some_us)},
          {"tcp_retransmitted_segments", or_null(counters->tcp_retransmitted_segments)},
          {"nic_dropped_packets", or_null(counters->nic_dropped_packets)},
          {"ena_allowance_exceeded", or_null(counters->ena_allowance_exceeded)},
          {"clock_offset_s", or_null(counters->clock_offset_s)}};
}

Json sampler_json(const std::optional<SamplerCost>& cost) {
  if (!cost) {
    return nullptr;
  }
  return {{"ticks", cost->ticks}, {"missed_ticks", cost->missed_ticks}, {"cpu_us", cost->cpu_us}};
}

Json verification_json(const std::optional<Verification>& proof) {
  if (!proof) {
    return nullptr;
  }
  return {{"images_expected", proof->images_expected},
          {"images_found", proof->images_found},
          {"manifests_expected", proof->manifests_expected},
          {"manifests_found", proof->manifests_found},
          {"blobs_expected", proof->blobs_expected},
          {"blobs_found", proof->blobs_found},
          {"bytes_proven", proof->bytes_proven},
          {"missing", proof->missing},
          {"content_sha256", text_or_null(proof->content_sha256)}};
}

}  // namespace

Json iteration_json(const IterationRow& row) {
  const Trial& trial = row.trial->trial;
  const AttemptState* attempt = row.attempt;
  const Iteration& iteration = *row.iteration;
  const bool reported = row.standing != Standing::missing;
  Json json;
  json["trial"] = trial.id.str();
  json["scenario"] = trial.scenario;
  json["images"] = trial.images == 0 ? Json(nullptr) : Json(trial.images);
  json["tool"] = trial.tool;
  json["round"] = trial.round;
  json["iteration"] = iteration.index;
  json["attempt"] = attempt == nullptr ? Json(nullptr) : Json(attempt->id.attempt);
  json["agent"] = attempt == nullptr ? Json(nullptr) : Json(attempt->agent.str());
  json["boot"] = attempt == nullptr ? Json(nullptr) : Json(attempt->boot.str());
  json["standing"] = to_string(row.standing);
  json["status"] = to_string(iteration.outcome.kind);
  json["cause"] = text_or_null(iteration.outcome.cause);
  json["evidence"] =
      text_or_null(attempt == nullptr ? std::string() : evidence_path(attempt->id, iteration));
  json["started_at"] = reported ? Json(format_rfc3339(iteration.started_at)) : Json(nullptr);
  json["wall_s"] = iteration.wall ? Json(to_seconds(*iteration.wall)) : Json(nullptr);
  json["exit_code"] = or_null(iteration.exit_code);
  json["signal"] = or_null(iteration.signal);
  json["network"] = network_json(iteration.network);
  json["resources"] = resources_json(iteration.resources);
  json["validity"] = validity_json(iteration.validity);
  json["sampler"] = sampler_json(iteration.sampler);
  json["verification"] = verification_json(iteration.verification);
  json["last_log_lines"] = iteration.last_log_lines;
  json["marks"] = iteration.marks;
  return json;
}

}  // namespace ocibench::coordinator
