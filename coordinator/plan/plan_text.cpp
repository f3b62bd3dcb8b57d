#include "coordinator/plan/plan_text.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/units.hpp"
#include "common/wrap.hpp"
#include "coordinator/plan/comparison_design.hpp"
#include "coordinator/plan/target_text.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kColumns = 80;

// The assumptions behind the expected time. They are printed beside it.
constexpr std::uint64_t kFastBytesPerSecond = 200 * kMB;
constexpr std::uint64_t kSlowBytesPerSecond = 20 * kMB;
constexpr milliseconds kUntimedPerIteration{2000};

/// Paragraph with every line after `indent` spaces; the first line starts after `head`.
std::string wrapped(std::string_view head, std::string_view text, std::size_t indent) {
  std::string result(head);
  result.resize(std::max(indent, head.size()), ' ');
  const auto lines = wrap_words(text, kColumns - indent);
  return result + fmt::format("{}\n", fmt::join(lines, "\n" + std::string(indent, ' ')));
}

std::uint64_t copying_tools(const Plan& plan) {
  return static_cast<std::uint64_t>(
      std::ranges::count(plan.tools, false, &PlannedTool::calibration));
}

milliseconds transfer_time(std::uint64_t bytes, std::uint64_t bytes_per_second) {
  const double seconds = static_cast<double>(bytes) / static_cast<double>(bytes_per_second);
  return std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(seconds));
}

/// Every trial reads the corpus once to warm it up; every copying iteration moves `copied` bytes
/// and reads all of them back to prove them.
milliseconds estimate(const Plan& plan, std::uint64_t copied, std::uint64_t bytes_per_second) {
  milliseconds total{0};
  for (const Trial& trial : plan.trials) {
    const auto tool = std::ranges::find(plan.tools, trial.tool, &PlannedTool::name);
    const bool copies = tool != plan.tools.end() && !tool->calibration;
    const std::uint64_t per_iteration = copies ? copied + per_repository_bytes(plan.lock) : 0;
    total +=
        transfer_time(unique_bytes(plan.lock) + per_iteration * trial.iterations, bytes_per_second);
    total += kUntimedPerIteration * trial.iterations;
  }
  return total;
}

std::string header_text(const Plan& plan) {
  std::string text =
      fmt::format("Campaign {}: {} of {}, {}, seed {}\n\n", plan.campaign_name,
                  plural(plan.trials.size(), "trial"), plural(plan.iterations, "iteration"),
                  plural(plan.rounds, "round"), plan.seed);
  for (const PlannedScenario& scenario : plan.scenarios) {
    text += wrapped("Scenario", fmt::format("{}: {}", scenario.name, scenario.question), 10);
  }
  text += wrapped(
      "Corpus",
      fmt::format("{}: {}, {} of different blobs and manifests", plan.corpus.name,
                  plural(plan.lock.images.size(), "image"), format_bytes(unique_bytes(plan.lock))),
      10);
  text += wrapped("", plan.corpus_sha, 10);
  text += wrapped("Registry", registries_sentence(plan), 10);
  return text;
}

std::string trials_text(const Plan& plan) {
  std::size_t width = 0;
  for (const Trial& trial : plan.trials) {
    width = std::max(width, trial.id.str().size());
  }
  std::string text = "\nTrials, in the order in which they are handed out\n";
  std::size_t number = 0;
  for (const Trial& trial : plan.trials) {
    const milliseconds most = trial.iteration_timeout * trial.iterations + trial.overhead_timeout;
    text += fmt::format("{:>5}  {:<{}}  {}, at most {}\n", ++number, trial.id.str(), width,
                        plural(trial.iterations, "iteration"), format_duration(most));
  }
  return text;
}

std::string bytes_text(const Plan& plan) {
  const std::uint64_t once = unique_bytes(plan.lock);
  const std::uint64_t each = per_repository_bytes(plan.lock);
  std::uint64_t iterations = 0;
  for (const Trial& trial : plan.trials) {
    const auto tool = std::ranges::find(plan.tools, trial.tool, &PlannedTool::name);
    iterations += tool != plan.tools.end() && tool->calibration ? 0 : trial.iterations;
  }
  const std::string pulls = pulls_sentence(plan);
  return "\nBytes that the tools copy\n" +
         wrapped("  each time",
                 fmt::format("{} when equal blobs are moved once, {} when every repository gets "
                             "its own",
                             format_bytes(once), format_bytes(each)),
                 14) +
         wrapped("  in total",
                 fmt::format("{} to {}, in {} of {}", format_bytes(once * iterations),
                             format_bytes(each * iterations), plural(iterations, "iteration"),
                             plural(copying_tools(plan), "tool")),
                 14) +
         (pulls.empty() ? "" : wrapped("  pulls", pulls, 14));
}

std::string time_text(const Plan& plan) {
  const milliseconds shortest = estimate(plan, unique_bytes(plan.lock), kFastBytesPerSecond);
  const milliseconds longest = estimate(plan, per_repository_bytes(plan.lock), kSlowBytesPerSecond);
  return "\nTime\n" +
         wrapped("  expected",
                 fmt::format("{} to {}. Not measured but assumed: every byte copied and read back "
                             "at {}/s to {}/s, and {} around each iteration.",
                             format_duration(shortest), format_duration(longest),
                             format_bytes(kSlowBytesPerSecond), format_bytes(kFastBytesPerSecond),
                             format_duration(kUntimedPerIteration)),
                 14) +
         wrapped("  at most",
                 fmt::format("{}; then the campaign ends with what it has.",
                             format_duration(plan.limits.campaign_deadline)),
                 14);
}

/// What the report will say when the trials run on several machines.
std::string lanes_text(const Plan& plan) {
  if (plan.lanes == 1) {
    return "1: every tool meets the same machine.";
  }
  if (plan.rotation == "fixed") {
    return fmt::format("{}, fixed: on machines of their own the tools get no ranking.", plan.lanes);
  }
  if (plan.rounds % plan.lanes != 0) {
    return fmt::format("{}, {}: no ranking on several machines, since {} rounds are no multiple.",
                       plan.lanes, plan.rotation, plan.rounds);
  }
  return fmt::format("{}, {}: every tool meets every machine equally often.", plan.lanes,
                     plan.rotation);
}

/// Nothing for a campaign that begins with whoever comes.
std::string agents_text(const PlannedAgents& agents) {
  if (agents == PlannedAgents()) {
    return {};
  }
  std::string text = agents.expected == agents.minimum
                         ? fmt::format("waits for {}", agents.expected)
                         : fmt::format("waits for {}, begins with {} when agent_wait is over",
                                       agents.expected, agents.minimum);
  if (agents.at_a_time > 0) {
    text += fmt::format("; {} of them at work at a time", agents.at_a_time);
  }
  if (agents.share_host) {
    text += "; on one host they run at once, and no ranking is made of what ran so";
  }
  return wrapped("  agents", text, 14);
}

std::string comparison_text(const Plan& plan) {
  const std::size_t pairs = compared_pairs(plan).size();
  if (pairs == 0) {
    return "";
  }
  const std::uint32_t needed = rounds_needed(pairs);
  const std::string rounds = fmt::format("at least {} for p < {} over {}", plural(needed, "round"),
                                         kSignificance, plural(pairs, "pair"));
  return "\nComparison\n" +
         wrapped("  against",
                 fmt::format("{}: {} at {}", plan.baseline,
                             plural(copying_tools(plan) - 1, "other tool"),
                             plural(compared_points(plan).size(), "point")),
                 14) +
         wrapped("  rounds",
                 plan.rounds >= needed
                     ? fmt::format("{}; needed are {}", plan.rounds, rounds)
                     : fmt::format("{} are too few: needed are {}. The report will hold numbers "
                                   "and no ranking.",
                                   plan.rounds, rounds),
                 14) +
         wrapped("  lanes", lanes_text(plan), 14) + agents_text(plan.agents);
}

std::string limits_text(const Limits& limits) {
  const auto line = [](std::string_view name, const std::string& value, std::string_view meaning) {
    return fmt::format("  {:<20}{:<14}{}\n", name, value, meaning);
  };
  return "\nLimits\n" +
         line("iteration_timeout", format_duration(limits.iteration_timeout),
              "then the tool is killed") +
         line("overhead_timeout", format_duration(limits.overhead_timeout),
              "for the untimed phases of a trial") +
         line("agent_wait", format_duration(limits.agent_wait),
              "for an agent, while trials are left") +
         line("agent_lost_after", format_duration(limits.agent_lost_after),
              "of silence; its trial goes to another") +
         line("heartbeat", format_duration(limits.heartbeat), "between two signs of life") +
         line("max_attempts", fmt::format("{}", limits.max_attempts), "at each trial");
}

std::string caveats_text(const Plan& plan) {
  std::string text = "\nCaveats\n";
  for (const PlannedTool& tool : plan.tools) {
    for (const std::string& caveat : tool.caveats) {
      text += wrapped("  -", caveat, 4);
    }
  }
  for (const std::string& caveat : target_caveats(plan.registry.target)) {
    text += wrapped("  -", caveat, 4);
  }
  return text;
}

}  // namespace

std::string plan_text(const Plan& plan) {
  return header_text(plan) + trials_text(plan) + bytes_text(plan) + time_text(plan) +
         comparison_text(plan) + limits_text(plan.limits) + caveats_text(plan);
}

}  // namespace ocibench::coordinator
