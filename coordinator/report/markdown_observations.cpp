#include <fmt/format.h>

#include "common/units.hpp"
#include "coordinator/analysis/observations.hpp"
#include "coordinator/report/markdown_sections.hpp"
#include "coordinator/report/markdown_text.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kHead =
    "| subject | pings | tokens | manifest HEAD / GET / PUT | blob HEAD / GET | duplicate GETs | "
    "mounts 201 / 202 | POST | PATCH | PUT | referrers | 429 | connections source / target | "
    "sent MB | received MB | images complete after s first / median / last |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

std::string completion_text(const WireObservation& seen) {
  const std::optional<CompletionTimes> times = completion_times(seen);
  return times ? fmt::format("{} / {} / {}", four_digits(times->first_s),
                             four_digits(times->median_s), four_digits(times->last_s))
               : "-";
}

std::string table_row(const ObservationRow& row) {
  const WireObservation& seen = *row.seen;
  const auto count = [&](RequestClass request) { return count_of(seen, request); };
  const WireTotals totals = totals_of(seen);
  return fmt::format(
      "| {} | {} | {} | {} / {} / {} | {} / {} | {} | {} / {} | {} | {} | {} | {} | {} | {} / {} | "
      "{} | {} | {} |\n",
      markdown_plain(row.label), count(RequestClass::ping), count(RequestClass::token),
      count(RequestClass::manifest_head), count(RequestClass::manifest_get),
      count(RequestClass::manifest_put), count(RequestClass::blob_head),
      count(RequestClass::blob_get), seen.duplicate_blob_gets, totals.mounts_created,
      totals.mounts_declined, count(RequestClass::upload_start), count(RequestClass::upload_patch),
      count(RequestClass::upload_put), count(RequestClass::referrers), throttled(seen),
      seen.source_connections, seen.target_connections,
      four_digits(static_cast<double>(totals.sent_bytes) / kBytesPerMB),
      four_digits(static_cast<double>(totals.received_bytes) / kBytesPerMB), completion_text(seen));
}

}  // namespace

std::string observations_section(const Analysis& analysis) {
  const std::vector<ObservationRow> rows = observation_rows(analysis.state);
  if (rows.empty()) {
    return "";
  }
  std::string text =
      "## What the tools said to the registries\n\nOne untimed run of each tool through a proxy "
      "that records requests, apart from every number above. Counts are of both sides together, "
      "whatever the status; `summary.json` has them by side and status, `logs/` has each request. "
      "An image is complete when the target accepts the manifest of its tag; through the proxy, so "
      "compare the order and not the seconds.\n\n";
  for (const PlannedScenario& scenario : analysis.plan.scenarios) {
    std::string table;
    std::string missing;
    for (const ObservationRow& row : rows) {
      if (row.trial->trial.scenario != scenario.name) {
        continue;
      }
      if (row.trial->outcome.kind == OutcomeKind::complete && row.seen != nullptr) {
        table += table_row(row);
      } else {
        missing += fmt::format("- {}: {}: {}\n", markdown_plain(row.label),
                               to_string(row.trial->outcome.kind),
                               markdown_plain(row.trial->outcome.cause));
      }
    }
    text +=
        fmt::format("### {}\n\n{}{}{}{}", markdown_plain(scenario.name), table.empty() ? "" : kHead,
                    table, table.empty() ? "" : "\n", missing.empty() ? "" : missing + "\n");
  }
  return text;
}

}  // namespace ocibench::coordinator
