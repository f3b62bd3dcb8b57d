#include "coordinator/report/comparison_text.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

constexpr double kSmallestPrintedP = 0.0001;

/// Three significant digits.
std::string factor(double value) {
  const int before_point = static_cast<int>(std::floor(std::log10(value))) + 1;
  return fmt::format("{:.{}f}", value, std::clamp(3 - before_point, 0, 9));
}

std::string supported_sentence(const PairComparison& pair, const std::string& baseline) {
  const std::string test =
      fmt::format("p = {}, Holm {}", p_text(pair.test->p), p_text(*pair.p_holm));
  if (pair.claim == Claim::none) {
    return fmt::format("{} ~ {}: no difference in time can be told ({}).", pair.tool, baseline,
                       test);
  }
  return fmt::format("{} took {} the time of {} ({}).", pair.tool, ratio_with_interval(*pair.ratio),
                     baseline, test);
}

}  // namespace

std::string point_text(const std::string& scenario, std::uint32_t images) {
  return images == 0 ? scenario : fmt::format("{}, {}", scenario, plural(images, "image"));
}

std::string ratio_text(const RatioEstimate& ratio) { return factor(ratio.ratio) + "x"; }

std::string ratio_with_interval(const RatioEstimate& ratio) {
  return ratio.interval ? fmt::format("{} [{}, {}]", ratio_text(ratio), factor(ratio.interval->low),
                                      factor(ratio.interval->high))
                        : ratio_text(ratio);
}

std::string p_text(double p) {
  return p < kSmallestPrintedP ? "<0.0001" : fmt::format("{:.2g}", p);
}

std::vector<std::string> supported_sentences(const Analysis& analysis,
                                             const PointComparison& comparison) {
  std::vector<std::string> sentences;
  for (const PairComparison& pair : comparison.pairs) {
    if (pair.withheld.empty()) {
      sentences.push_back(supported_sentence(pair, analysis.plan.baseline));
    }
  }
  return sentences;
}

std::vector<std::string> observed_sentences(const PointComparison& comparison) {
  std::vector<std::string> referrers;
  std::vector<std::string> limited;
  bool observed = false;
  for (const ToolNumbers& tool : comparison.tools) {
    observed |= tool.observed.has_value();
    const ObservedRequests requests = tool.observed.value_or(ObservedRequests{});
    if (requests.referrers > 0) {
      referrers.push_back(fmt::format("{} {}", tool.tool, requests.referrers));
    }
    if (requests.rate_limited > 0) {
      limited.push_back(fmt::format("{} {}", tool.tool, requests.rate_limited));
    }
  }
  std::vector<std::string> sentences;
  if (!referrers.empty()) {
    sentences.push_back(
        fmt::format("Requests for referrers, in an untimed run: {}. Tools that send none do less "
                    "work by as much.",
                    fmt::join(referrers, ", ")));
  }
  if (observed) {
    sentences.push_back(
        limited.empty() ? "Answers of a rate limiter (429), in an untimed run: none."
                        : fmt::format("Answers of a rate limiter (429), in an untimed run: {}; the "
                                      "times hold waiting that is not copying.",
                                      fmt::join(limited, ", ")));
  }
  return sentences;
}

std::vector<std::string> withheld_sentences(const Analysis& analysis,
                                            const PointComparison& comparison) {
  std::vector<std::pair<std::string, std::vector<std::string>>> tools_by_reason;
  for (const PairComparison& pair : comparison.pairs) {
    for (const Withheld& withheld : pair.withheld) {
      auto known = std::ranges::find(tools_by_reason, withheld.text,
                                     &std::pair<std::string, std::vector<std::string>>::first);
      if (known == tools_by_reason.end()) {
        known = tools_by_reason.insert(known, {withheld.text, {}});
      }
      known->second.push_back(pair.tool);
    }
  }
  std::vector<std::string> sentences;
  sentences.reserve(tools_by_reason.size());
  for (const auto& [reason, tools] : tools_by_reason) {
    sentences.push_back(fmt::format("No ranking of {} against {}: {}.", fmt::join(tools, ", "),
                                    analysis.plan.baseline, reason));
  }
  return sentences;
}

}  // namespace ocibench::coordinator
