#include "coordinator/report/summary_json.hpp"

#include "common/clock.hpp"
#include "common/sha256.hpp"
#include "common/units.hpp"
#include "coordinator/report/comparison_json.hpp"
#include "coordinator/report/facts_json.hpp"
#include "coordinator/report/headline.hpp"
#include "coordinator/report/iteration_json.hpp"
#include "coordinator/report/iteration_rows.hpp"
#include "coordinator/report/observations_json.hpp"

namespace ocibench::coordinator {
namespace {

/// The size of a cell; null: all of the corpus.
Json images_json(std::uint32_t images) { return images == 0 ? Json(nullptr) : Json(images); }

Json campaign_json(const Analysis& analysis) {
  const auto& started = analysis.state.started;
  const auto& finished = analysis.state.finished;
  Json json;
  json["id"] = started ? Json(started->campaign.str()) : Json(nullptr);
  json["name"] = analysis.plan.campaign_name;
  json["started_at"] = started ? Json(format_rfc3339(started->at)) : Json(nullptr);
  json["finished_at"] = finished ? Json(format_rfc3339(finished->at)) : Json(nullptr);
  json["interrupted"] = analysis.verdict.interrupted;
  json["end_reason"] =
      finished && !finished->reason.empty() ? Json(finished->reason) : Json(nullptr);
  json["git_sha"] = analysis.git_sha();
  json["instance_type"] = analysis.instance_type;
  json["corpus_sha"] = analysis.plan.corpus_sha;
  json["corpus_unique_bytes"] = unique_bytes(analysis.plan.lock);
  json["corpus_per_repository_bytes"] = per_repository_bytes(analysis.plan.lock);
  json["plan_sha256"] = started ? Json(sha256_hex(started->plan_json)) : Json(nullptr);
  return json;
}

Json verdict_json(const Verdict& verdict) {
  return {{"kind", to_string(verdict.kind)},
          {"complete", verdict.complete},
          {"planned", verdict.planned},
          {"exit_code", static_cast<int>(exit_code(verdict))},
          {"reasons", verdict.reasons}};
}

Json summary_of(const std::optional<Summary>& summary) {
  if (!summary) {
    return nullptr;
  }
  Json interval = nullptr;
  if (summary->median_interval) {
    interval = {{"low", summary->median_interval->low},
                {"high", summary->median_interval->high},
                {"coverage", summary->median_interval->coverage}};
  }
  return {{"n", summary->n},     {"median", summary->median},  {"p10", summary->p10},
          {"p90", summary->p90}, {"min", summary->min},        {"max", summary->max},
          {"mad", summary->mad}, {"median_interval", interval}};
}

Json egress_json(const EgressCheck& check) {
  const bool expected = check.fit != EgressFit::no_expectation;
  return {{"fit", to_string(check.fit)},
          {"expected_low_bytes", expected ? Json(check.expected_low_bytes) : Json(nullptr)},
          {"expected_high_bytes", expected ? Json(check.expected_high_bytes) : Json(nullptr)},
          {"ratio_to_low", expected ? Json(check.ratio_to_low) : Json(nullptr)},
          {"ratio_to_high", expected ? Json(check.ratio_to_high) : Json(nullptr)},
          {"sentence", check.sentence}};
}

Json row_json(const Analysis& analysis, const Row& row) {
  Json json;
  json["scenario"] = row.aggregate.scenario;
  json["images"] = images_json(row.aggregate.images);
  json["tool"] = row.aggregate.tool;
  json["label"] = row.label;
  json["calibration"] = row.aggregate.calibration;
  json["planned"] = row.aggregate.planned;
  json["complete"] = row.aggregate.complete;
  json["headline"] = headline(analysis, row);
  Json metrics = Json::object();
  for (const MetricSummary& metric : row.aggregate.metrics) {
    metrics[std::string(metric.key)] = summary_of(metric.summary);
  }
  json["metrics"] = std::move(metrics);
  json["egress"] = egress_json(row.egress);
  return json;
}

Json findings_json(const Analysis& analysis) {
  Json json = Json::array();
  for (const Finding& finding : all_findings(analysis)) {
    json.push_back({{"code", to_string(finding.code)},
                    {"invalidates", invalidates(finding.code)},
                    {"where", finding.where},
                    {"text", finding.text}});
  }
  return json;
}

Json attempt_json(const TrialState& trial, const AttemptState& attempt) {
  Json phases = Json::array();
  for (const PhaseFinished& phase : attempt.phases) {
    phases.push_back({{"phase", to_string(phase.phase)},
                      {"iteration", phase.iteration == 0 ? Json(nullptr) : Json(phase.iteration)},
                      {"took_s", to_seconds(phase.took)},
                      {"note", phase.note}});
  }
  return {
      {"attempt", attempt.id.attempt},
      {"agent", attempt.agent.str()},
      {"boot", attempt.boot.str()},
      {"counts", &attempt == trial.shown_attempt()},
      {"leased_at", format_rfc3339(attempt.leased_at)},
      {"started_at", attempt.started ? Json(format_rfc3339(attempt.started->at)) : Json(nullptr)},
      {"finished_at",
       attempt.finished ? Json(format_rfc3339(attempt.finished->at)) : Json(nullptr)},
      {"lost_at", attempt.lost ? Json(format_rfc3339(attempt.lost->at)) : Json(nullptr)},
      {"lost_cause", attempt.lost ? Json(attempt.lost->cause) : Json(nullptr)},
      {"late_records", attempt.late_records},
      {"phases", std::move(phases)}};
}

Json trial_json(const TrialState& trial) {
  Json attempts = Json::array();
  for (const AttemptState& attempt : trial.attempts) {
    attempts.push_back(attempt_json(trial, attempt));
  }
  const std::string& cause = trial.outcome.cause;
  return {{"trial", trial.trial.id.str()},
          {"scenario", trial.trial.scenario},
          {"images", images_json(trial.trial.images)},
          {"tool", trial.trial.tool},
          {"round", trial.trial.round},
          {"planned", trial.trial.iterations},
          {"complete", trial.complete_iterations()},
          {"status", to_string(trial.outcome.kind)},
          {"cause", cause.empty() ? Json(nullptr) : Json(cause)},
          {"attempts", std::move(attempts)}};
}

}  // namespace

Json summary_json(const Analysis& analysis) {
  Json json = {{"schema", "ocibench.summary"}, {"schema_version", kSummarySchemaVersion}};
  json["campaign"] = campaign_json(analysis);
  json["verdict"] = verdict_json(analysis.verdict);
  json["warnings"] = findings_json(analysis);
  json["results"] = Json::array();
  for (const Row& row : analysis.rows) {
    json["results"].push_back(row_json(analysis, row));
  }
  json["comparisons"] = Json::array();
  for (const PointComparison& comparison : analysis.comparisons) {
    json["comparisons"].push_back(comparison_json(comparison, analysis.plan.baseline));
  }
  json["trials"] = Json::array();
  for (const TrialState& trial : analysis.state.trials) {
    json["trials"].push_back(trial_json(trial));
  }
  json["iterations"] = Json::array();
  for (const IterationRow& row : iteration_rows(analysis.state)) {
    json["iterations"].push_back(iteration_json(row));
  }
  json["observations"] = observations_json(analysis);
  json["subjects"] = subjects_json(analysis);
  json["environment"] = environment_json(analysis);
  return json;
}

}  // namespace ocibench::coordinator
