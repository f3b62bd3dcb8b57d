#include "coordinator/report/wire_text.hpp"

#include <fmt/format.h>

#include "common/text.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

std::string side_table(const WireObservation& seen, RegistrySide side) {
  std::string text = fmt::format("\n{:<16}{:>8}{:>8}{:>12}{:>12}\n", to_string(side), "status",
                                 "count", "sent", "received");
  for (const RequestCount& count : seen.requests) {
    if (count.side == side) {
      text += fmt::format("  {:<14}{:>8}{:>8}{:>12}{:>12}\n", to_string(count.request),
                          count.status, count.count, format_bytes(count.request_bytes),
                          format_bytes(count.response_bytes));
    }
  }
  return text;
}

std::string image_lines(const WireObservation& seen, std::size_t images) {
  std::string text =
      fmt::format("images complete      {} of {} (manifest put)\n", seen.images.size(), images);
  if (const std::optional<CompletionTimes> times = completion_times(seen)) {
    text += fmt::format("  first, median, last  {:.3f} s, {:.3f} s, {:.3f} s\n", times->first_s,
                        times->median_s, times->last_s);
  }
  const std::size_t shown = std::min(seen.images.size(), kMaxShownImages);
  for (std::size_t i = 0; i < shown; ++i) {
    const ImageCompletion& image = seen.images[i];
    text += fmt::format("  {:>9.3f} s  {}:{}\n", to_seconds(image.after),
                        printable(image.repository), printable(image.tag));
  }
  if (shown < seen.images.size()) {
    text += fmt::format("  and {} more: see --json\n", seen.images.size() - shown);
  }
  return text;
}

}  // namespace

std::string wire_text(const Plan& plan, const ObservationRow& row) {
  const WireObservation& seen = *row.seen;
  const WireTotals totals = totals_of(seen);
  std::string text =
      fmt::format("{}, {}: {}, {}, {}\n", printable(row.label), row.trial->trial.scenario,
                  plural(plan.lock.images.size(), "image"), format_bytes(unique_bytes(plan.lock)),
                  plan.registry.tls ? "over TLS" : "plain http");
  text += side_table(seen, RegistrySide::source) + side_table(seen, RegistrySide::target);
  text += fmt::format(
      "\nconnections          {} to the source, {} to the target\n"
      "bytes                {} sent, {} received\n"
      "mounts               {} tried, {} made (201), {} declined (202)\n"
      "duplicate blob GETs  {}\n"
      "referrer calls       {}\n"
      "token requests       {}\n"
      "throttled (429)      {}\n",
      seen.source_connections, seen.target_connections, format_bytes(totals.sent_bytes),
      format_bytes(totals.received_bytes), count_of(seen, RequestClass::mount),
      totals.mounts_created, totals.mounts_declined, seen.duplicate_blob_gets,
      count_of(seen, RequestClass::referrers), count_of(seen, RequestClass::token),
      throttled(seen));
  text += image_lines(seen, plan.lock.images.size());
  for (const std::string& agent : seen.user_agents) {
    text += fmt::format("user agent           {}\n", printable(agent));
  }
  return text;
}

}  // namespace ocibench::coordinator
