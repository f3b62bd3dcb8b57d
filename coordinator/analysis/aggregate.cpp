#include "coordinator/analysis/aggregate.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/units.hpp"

namespace ocibench::coordinator {
namespace {

using Number = std::optional<double>;

template <class Integer>
Number number(const std::optional<Integer>& value) {
  return value ? Number(static_cast<double>(*value)) : std::nullopt;
}

/// A member of one of the optional parts of an iteration.
template <auto Part, auto Member>
Number part(const Iteration& iteration) {
  const auto& owner = iteration.*Part;
  return owner ? Number(static_cast<double>((*owner).*Member)) : std::nullopt;
}

/// One value of a series of the resources.
template <auto Series, auto Value>
Number spread(const Iteration& iteration) {
  if (!iteration.resources || !((*iteration.resources).*Series)) {
    return std::nullopt;
  }
  return (*((*iteration.resources).*Series)).*Value;
}

Number wall_s(const Iteration& iteration) {
  return iteration.wall ? Number(to_seconds(*iteration.wall)) : std::nullopt;
}

Number cpu_s(const Iteration& iteration) {
  if (!iteration.resources || !iteration.resources->cpu_user_us ||
      !iteration.resources->cpu_system_us) {
    return std::nullopt;
  }
  return static_cast<double>(*iteration.resources->cpu_user_us +
                             *iteration.resources->cpu_system_us) /
         1e6;
}

Number memory_peak_bytes(const Iteration& iteration) {
  return iteration.resources ? number(iteration.resources->memory_peak_bytes) : std::nullopt;
}

Number sampler_cpu_s(const Iteration& iteration) {
  return iteration.sampler ? Number(static_cast<double>(iteration.sampler->cpu_us) / 1e6)
                           : std::nullopt;
}

using I = Iteration;
using R = ResourceUse;

constexpr std::array kMetrics = {
    Metric{"wall_s", wall_s},
    Metric{"tx_bytes", part<&I::network, &NetworkUse::tx_bytes>},
    Metric{"rx_bytes", part<&I::network, &NetworkUse::rx_bytes>},
    Metric{"control_bytes", part<&I::network, &NetworkUse::control_bytes>},
    Metric{"cpu_s", cpu_s},
    Metric{"cpu_percent_p50", spread<&R::cpu_percent, &Spread::p50>},
    Metric{"cpu_percent_p95", spread<&R::cpu_percent, &Spread::p95>},
    Metric{"cpu_percent_max", spread<&R::cpu_percent, &Spread::max>},
    Metric{"memory_peak_bytes", memory_peak_bytes},
    Metric{"rss_bytes_p50", spread<&R::rss_bytes, &Spread::p50>},
    Metric{"rss_bytes_p95", spread<&R::rss_bytes, &Spread::p95>},
    Metric{"rss_bytes_max", spread<&R::rss_bytes, &Spread::max>},
    Metric{"pidstat_cpu_percent_p50", spread<&R::pidstat_cpu_percent, &Spread::p50>},
    Metric{"pidstat_cpu_percent_p95", spread<&R::pidstat_cpu_percent, &Spread::p95>},
    Metric{"pidstat_cpu_percent_max", spread<&R::pidstat_cpu_percent, &Spread::max>},
    Metric{"pidstat_rss_bytes_p50", spread<&R::pidstat_rss_bytes, &Spread::p50>},
    Metric{"pidstat_rss_bytes_p95", spread<&R::pidstat_rss_bytes, &Spread::p95>},
    Metric{"pidstat_rss_bytes_max", spread<&R::pidstat_rss_bytes, &Spread::max>},
    Metric{"bytes_proven", part<&I::verification, &Verification::bytes_proven>},
    Metric{"sampler_cpu_s", sampler_cpu_s},
    Metric{"sampler_missed_ticks", part<&I::sampler, &SamplerCost::missed_ticks>},
};

std::vector<MetricSummary> summarise_metrics(const std::vector<const Iteration*>& iterations) {
  std::vector<MetricSummary> summaries;
  for (const Metric& metric : kMetrics) {
    std::vector<double> values;
    for (const Iteration* iteration : iterations) {
      if (const Number value = metric.value(*iteration)) {
        values.push_back(*value);
      }
    }
    summaries.push_back({metric.key, summarise(std::move(values))});
  }
  return summaries;
}

Aggregate aggregate_one(const std::string& scenario, std::uint32_t images, const PlannedTool& tool,
                        const CampaignState& state) {
  Aggregate result{
      .scenario = scenario, .images = images, .tool = tool.name, .calibration = tool.calibration};
  std::vector<const Iteration*> complete;
  for (const TrialState& trial : state.trials) {
    if (!result.covers(trial.trial)) {
      continue;
    }
    result.planned += trial.trial.iterations;
    for (const Iteration& iteration : trial.counted) {
      if (iteration.outcome.kind == OutcomeKind::complete) {
        complete.push_back(&iteration);
      }
    }
  }
  result.complete = static_cast<std::uint32_t>(complete.size());
  result.metrics = summarise_metrics(complete);
  return result;
}

}  // namespace

std::span<const Metric> all_metrics() { return kMetrics; }

const Summary* Aggregate::find(std::string_view key) const {
  const auto found = std::ranges::find(metrics, key, &MetricSummary::key);
  OCIBENCH_ASSERT(found != metrics.end());
  return found->summary ? &*found->summary : nullptr;
}

bool Aggregate::covers(const Trial& trial) const {
  return trial.scenario == scenario && trial.tool == tool && trial.images == images;
}

std::string name_of(const Aggregate& aggregate) {
  return aggregate.images == 0
             ? fmt::format("{}/{}", aggregate.scenario, aggregate.tool)
             : fmt::format("{}/{}/n{}", aggregate.scenario, aggregate.tool, aggregate.images);
}

std::vector<Aggregate> aggregate(const Plan& plan, const CampaignState& state) {
  std::vector<Aggregate> all;
  for (const PlannedScenario& scenario : plan.scenarios) {
    const std::vector<std::uint32_t> whole = {0};
    for (const std::uint32_t images : scenario.sizes.empty() ? whole : scenario.sizes) {
      for (const PlannedTool& tool : plan.tools) {
        Aggregate one = aggregate_one(scenario.name, images, tool, state);
        if (one.planned > 0) {
          all.push_back(std::move(one));
        }
      }
    }
  }
  return all;
}

}  // namespace ocibench::coordinator
