#include "coordinator/analysis/egress.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/units.hpp"
#include "coordinator/analysis/byte_floor.hpp"

namespace ocibench::coordinator {
namespace {

EgressCheck without_expectation(std::string_view why) {
  return {.sentence = fmt::format("no expectation: {}", why)};
}

EgressFit fit_of(double low_ratio, double high_ratio) {
  if (low_ratio < 1 - kEgressTolerance) {
    return EgressFit::below;
  }
  if (low_ratio <= 1 + kEgressTolerance) {
    return EgressFit::once;
  }
  if (high_ratio < 1 - kEgressTolerance) {
    return EgressFit::between;
  }
  return high_ratio <= 1 + kEgressTolerance ? EgressFit::per_repository : EgressFit::above;
}

/// By definition: nothing is at the target before.
bool moves_everything(const Plan& plan, const std::string& scenario) {
  const auto planned = std::ranges::find(plan.scenarios, scenario, &PlannedScenario::name);
  return planned != plan.scenarios.end() && planned->steps.populate == Populate::nothing;
}

std::string percent_off(double ratio) { return fmt::format("{:.1f} %", std::abs(ratio - 1) * 100); }

std::string explain(const EgressCheck& check, double sent) {
  const std::string bytes = format_bytes(static_cast<std::uint64_t>(std::min(sent, 9e18)));
  const std::string low = format_bytes(check.expected_low_bytes);
  const std::string high = format_bytes(check.expected_high_bytes);
  switch (check.fit) {
    case EgressFit::no_expectation: break;
    case EgressFit::below:
      return fmt::format(
          "{} sent is {} below the {} that reading and writing every unique byte "
          "once needs: part of the content was not moved in the window",
          bytes, percent_off(check.ratio_to_low), low);
    case EgressFit::once:
      return fmt::format(
          "{} sent fits (within {}) the {} that reading and writing every unique "
          "byte once needs",
          bytes, percent_off(check.ratio_to_low), low);
    case EgressFit::between:
      return fmt::format(
          "{} sent lies between {} (every shared blob once) and {} (once per "
          "repository): some shared blobs were moved several times",
          bytes, low, high);
    case EgressFit::per_repository:
      return fmt::format(
          "{} sent fits (within {}) the {} of moving every blob once per "
          "repository: shared blobs were not mounted",
          bytes, percent_off(check.ratio_to_high), high);
    case EgressFit::above:
      return fmt::format(
          "{} sent is {} above the {} of moving every blob once per repository: "
          "something was moved more than once",
          bytes, percent_off(check.ratio_to_high), high);
  }
  OCIBENCH_ASSERT(false && "explains only a fit");
}

}  // namespace

std::string_view to_string(EgressFit fit) {
  switch (fit) {
    case EgressFit::no_expectation: return "no_expectation";
    case EgressFit::below: return "below";
    case EgressFit::once: return "once";
    case EgressFit::between: return "between";
    case EgressFit::per_repository: return "per_repository";
    case EgressFit::above: return "above";
  }
  OCIBENCH_ASSERT(false && "an EgressFit outside its enumerators");
}

EgressCheck check_egress(const Plan& plan, const Aggregate& aggregate, const CopiedBytes& copied,
                         std::string_view interface) {
  const Summary* sent = aggregate.find("tx_bytes");
  if (aggregate.calibration) {
    return without_expectation("a calibration tool moves nothing");
  }
  if (sent == nullptr) {
    return without_expectation("no bytes were measured");
  }
  if (!moves_everything(plan, aggregate.scenario)) {
    return without_expectation(
        fmt::format("scenario {} does not move everything", aggregate.scenario));
  }
  if (interface != "lo") {
    return without_expectation(interface.empty()
                                   ? "measured on several interfaces"
                                   : fmt::format("measured on {}, not on lo", interface));
  }
  if (times_sent(plan) != 2) {
    return without_expectation("the source is on another machine, so its bytes do not cross lo");
  }
  EgressCheck check{.expected_low_bytes = 2 * copied.least, .expected_high_bytes = 2 * copied.most};
  if (check.expected_low_bytes == 0) {
    return without_expectation("the corpus is empty");
  }
  check.ratio_to_low = sent->median / static_cast<double>(check.expected_low_bytes);
  check.ratio_to_high = sent->median / static_cast<double>(check.expected_high_bytes);
  check.fit = fit_of(check.ratio_to_low, check.ratio_to_high);
  check.sentence = explain(check, sent->median);
  return check;
}

}  // namespace ocibench::coordinator
