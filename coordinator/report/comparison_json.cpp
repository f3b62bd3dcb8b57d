#include "coordinator/report/comparison_json.hpp"

#include <utility>

namespace ocibench::coordinator {
namespace {

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json tool_json(const ToolNumbers& numbers) {
  return {
      {"tool", numbers.tool},
      {"planned", numbers.planned},
      {"complete", numbers.complete},
      {"wall_s",
       {{"median", number_or_null(numbers.wall_s_median)},
        {"p10", number_or_null(numbers.wall_s_p10)},
        {"p90", number_or_null(numbers.wall_s_p90)}}},
      {"tx_bytes", {{"median", number_or_null(numbers.tx_bytes_median)}}},
      {"referrer_calls", numbers.observed ? Json(numbers.observed->referrers) : Json(nullptr)},
      {"rate_limited", numbers.observed ? Json(numbers.observed->rate_limited) : Json(nullptr)}};
}

Json interval_json(const RatioInterval& interval) {
  return {{"low", interval.low}, {"high", interval.high}, {"coverage", interval.coverage}};
}

/// What means nothing where a claim is withheld (interval and p) is null there.
Json pair_json(const PairComparison& pair) {
  const bool supported = pair.withheld.empty();
  Json withheld = Json::array();
  for (const Withheld& reason : pair.withheld) {
    withheld.push_back({{"code", to_string(reason.code)}, {"text", reason.text}});
  }
  return {
      {"tool", pair.tool},
      {"ratio", pair.ratio ? Json(pair.ratio->ratio) : Json(nullptr)},
      {"ratio_interval",
       supported && pair.ratio->interval ? interval_json(*pair.ratio->interval) : Json(nullptr)},
      {"p", supported ? Json(pair.test->p) : Json(nullptr)},
      {"p_exact", supported ? Json(pair.test->exact) : Json(nullptr)},
      {"p_holm", number_or_null(pair.p_holm)},
      {"claim", to_string(pair.claim)},
      {"withheld", std::move(withheld)}};
}

}  // namespace

Json comparison_json(const PointComparison& comparison, const std::string& baseline) {
  Json tools = Json::array();
  for (const ToolNumbers& numbers : comparison.tools) {
    tools.push_back(tool_json(numbers));
  }
  Json pairs = Json::array();
  for (const PairComparison& pair : comparison.pairs) {
    pairs.push_back(pair_json(pair));
  }
  const std::uint32_t images = comparison.point.images;
  return {{"scenario", comparison.point.scenario},
          {"images", images == 0 ? Json(nullptr) : Json(images)},
          {"baseline", baseline},
          {"tools", std::move(tools)},
          {"pairs", std::move(pairs)}};
}

}  // namespace ocibench::coordinator
