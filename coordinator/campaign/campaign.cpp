#include "coordinator/campaign/campaign.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/host_name.hpp"
#include "common/model/check_assignment.hpp"
#include "common/model/limits.hpp"
#include "common/oci/docker_config.hpp"
#include "common/toml.hpp"
#include "coordinator/plan/plan_bounds.hpp"

namespace ocibench::coordinator {
namespace {

constexpr std::string_view kToolDefault = "tool-default";

/// The catalog's own sentence about a name that it lacks, or nothing.
template <class Found>
std::optional<std::string> complaint(const Result<Found>& found) {
  return found ? std::nullopt : std::optional(found.error().message);
}

/// A list of names without repetition; `check` says what is wrong with one of them.
template <class Check>
std::vector<std::string> read_names(TomlTable& table, std::string_view key, const Check& check) {
  std::vector<std::string> names = table.texts(key);
  if (names.size() > kMaxNames) {
    table.problem(key, fmt::format("key `{}`: at most {} names", key, kMaxNames));
    names.resize(kMaxNames);
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto problem = check(names[i])) {
      table.problem(key, i, *problem);
    } else if (!seen.insert(names[i]).second) {
      table.problem(key, i, fmt::format("key `{}`: `{}` is named twice", key, names[i]));
    }
  }
  return names;
}

std::optional<std::uint32_t> read_count(TomlTable& table, std::string_view key,
                                        IntegerRange range) {
  const auto count = table.optional_integer(key, range);
  return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

std::optional<std::uint32_t> read_iterations(TomlTable& table) {
  const auto iterations = read_count(table, "iterations", {.min = 0, .max = kMaxIterations});
  if (iterations && *iterations < kMinIterations) {
    table.problem("iterations",
                  fmt::format("iterations = {}: at least {} are needed; the median of two is only "
                              "their average, and an outlier cannot be told from the rest",
                              *iterations, kMinIterations));
  }
  return iterations;
}

/// `"tool-default"`, or the number that tools are matched to.
std::optional<std::uint32_t> read_concurrency(TomlTable& table) {
  if (table.is_text("concurrency")) {
    table.optional_choice("concurrency", {std::string(kToolDefault)});
    return std::nullopt;
  }
  return read_count(table, "concurrency", {.min = 1, .max = kMaxConcurrency});
}

std::optional<WorkKind> read_work(TomlTable& table) {
  const auto name = table.optional_choice("work", {"normalised", std::string(kToolDefault)});
  return name ? std::optional(*name == kToolDefault ? WorkKind::tool_default : WorkKind::normalised)
              : std::nullopt;
}

std::optional<std::string> read_baseline(TomlTable& table, const std::vector<std::string>& tools,
                                         const catalog::Catalog& catalog) {
  const auto baseline = table.optional_text("baseline");
  if (!baseline) {
    return baseline;
  }
  const auto tool = catalog.tool(*baseline);
  if (std::ranges::find(tools, *baseline) == tools.end()) {
    table.problem("baseline", fmt::format("key `baseline`: `{}` is not one of `tools`", *baseline));
  } else if (tool && (*tool)->kind == catalog::ToolKind::calibration) {
    table.problem(
        "baseline",
        fmt::format("key `baseline`: `{}` copies nothing; name a tool to compare with", *baseline));
  }
  return baseline;
}

/// What is wrong with a target, or nothing.
std::optional<std::string> complaint_about(const TargetSpec& target) {
  if (oci::is_docker_hub(target.host)) {
    return "Docker Hub has repositories only right below a user; the tools need more levels";
  }
  return target_problem(target);
}

/// `target = "host/namespace"`; its kind says itself where it is not told.
std::optional<TargetSpec> read_target(TomlTable& table) {
  const auto text = table.optional_text("target");
  const auto kind = table.optional_choice("kind", {"local", "remote", "ecr"});
  if (!text) {
    if (kind && kind != "local") {
      table.problem("kind", fmt::format("kind = \"{}\" needs the key `target`", *kind));
    }
    return std::nullopt;
  }
  const std::size_t slash = std::min(text->find('/'), text->size());
  TargetSpec target{.host = text->substr(0, slash),
                    .prefix = text->substr(std::min(slash + 1, text->size()))};
  const bool ecr = kind ? kind == "ecr" : parse_ecr_host(target.host).has_value();
  target.kind = ecr ? TargetKind::ecr : TargetKind::remote;
  if (kind == "local") {
    table.problem("target", "a target of kind = \"local\" has no address: it is started here");
  } else if (const auto problem = complaint_about(target)) {
    table.problem("target", fmt::format("key `target`: {}", *problem));
  }
  return target;
}

RequestedRegistry read_registry(TomlTable& root, const catalog::Catalog& catalog) {
  RequestedRegistry registry;
  auto table = root.optional_table("registry");
  if (!table) {
    return registry;
  }
  registry.name = table->optional_text("name");
  registry.tls = table->optional_boolean("tls");
  registry.storage = table->optional_choice("storage", {"memory", "disk"});
  registry.target = read_target(*table);
  if (registry.target && registry.target->kind == TargetKind::ecr && !speaks_tls(registry) &&
      !is_loopback(registry.target->host)) {
    table->problem("tls",
                   "tls = false with a target on Amazon ECR: its password must not go over "
                   "plain http; leave the key out");
  }
  if (registry.name) {
    if (const auto problem = complaint(catalog.registry(*registry.name))) {
      table->problem("name", *problem);
    }
  }
  return registry;
}

RequestedAgents read_agents(TomlTable& root) {
  RequestedAgents agents;
  auto table = root.optional_table("agents");
  if (!table) {
    return agents;
  }
  const IntegerRange range{.min = 1, .max = kMaxPlannedLanes};
  agents.expected = read_count(*table, "expected", range);
  agents.minimum = read_count(*table, "minimum", range);
  agents.at_a_time = read_count(*table, "at_a_time", range);
  agents.share_host = table->optional_boolean("share_host");
  if (agents.minimum && *agents.minimum > agents.expected.value_or(*agents.minimum)) {
    table->problem("minimum", fmt::format("key `minimum`: {} agents are more than the {} of "
                                          "`expected`",
                                          *agents.minimum, *agents.expected));
  }
  return agents;
}

RequestedLimits read_limits(TomlTable& root) {
  RequestedLimits limits;
  auto table = root.optional_table("limits");
  if (!table) {
    return limits;
  }
  limits.iteration_timeout = table->optional_duration("iteration_timeout_s", kMaxTimeout);
  limits.overhead_timeout = table->optional_duration("overhead_timeout_s", kMaxTimeout);
  limits.agent_wait = table->optional_duration("agent_wait_s", kMaxTimeout);
  limits.agent_lost_after = table->optional_duration("agent_lost_after_s", kMaxTimeout);
  limits.heartbeat = table->optional_duration("heartbeat_s", kMaxTimeout);
  limits.campaign_deadline = table->optional_duration("campaign_deadline_s", kMaxDeadline);
  limits.max_attempts = read_count(*table, "max_attempts", {.min = 1, .max = kMaxAttempts});
  return limits;
}

/// Uploads go on at an address that the registry gives, past whatever stands between.
void check_observation(TomlTable& root, const Campaign& campaign) {
  if (campaign.observe.value_or(false) && campaign.registry.target) {
    root.problem("observe",
                 "observe = true needs a local target: uploads to another would go past the "
                 "recorder");
  }
}

/// Every tool works between the same registries, so one that has no plain http decides for all.
void check_transport(TomlTable& root, const Campaign& campaign, const catalog::Catalog& catalog) {
  for (std::size_t i = 0; i < campaign.tools.size(); ++i) {
    const auto tool = catalog.tool(campaign.tools[i]);
    if (tool && (*tool)->needs_tls && !speaks_tls(campaign.registry)) {
      root.problem("tools", i,
                   fmt::format("key `tools`: {} speaks only TLS; set tls = true in [registry], "
                               "which holds for every tool of the campaign",
                               campaign.tools[i]));
    }
  }
}

}  // namespace

bool speaks_tls(const RequestedRegistry& registry) {
  return registry.tls.value_or(registry.target && !is_loopback(registry.target->host));
}

Result<Campaign> parse_campaign(std::string_view toml, const std::string& origin,
                                const catalog::Catalog& catalog) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  root.integer("schema", {.min = 1, .max = 1});
  Campaign campaign;
  campaign.name = root.name("name");
  campaign.scenarios = read_names(root, "scenarios", [&](const std::string& name) {
    return complaint(catalog.scenario(name));
  });
  campaign.tools = read_names(
      root, "tools", [&](const std::string& name) { return complaint(catalog.tool(name)); });
  campaign.baseline = read_baseline(root, campaign.tools, catalog);
  campaign.corpus = root.text("corpus");
  const auto unknown_corpus = complaint(catalog.corpus(campaign.corpus));
  if (root.has("corpus") && unknown_corpus) {
    root.problem("corpus", *unknown_corpus);
  }
  campaign.iterations = read_iterations(root);
  campaign.rounds = read_count(root, "rounds", {.min = 1, .max = kMaxRounds});
  if (const auto seed = root.optional_integer("seed", {})) {
    campaign.seed = static_cast<std::uint64_t>(*seed);
  }
  campaign.rotation = root.optional_choice("rotation", {"fixed", "latin-square"});
  campaign.lanes = read_count(root, "lanes", {.min = 1, .max = kMaxPlannedLanes});
  campaign.observe = root.optional_boolean("observe");
  campaign.concurrency = read_concurrency(root);
  campaign.work = read_work(root);
  campaign.registry = read_registry(root, catalog);
  check_transport(root, campaign, catalog);
  check_observation(root, campaign);
  campaign.agents = read_agents(root);
  campaign.limits = read_limits(root);
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  return campaign;
}

}  // namespace ocibench::coordinator
