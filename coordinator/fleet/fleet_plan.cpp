#include "coordinator/fleet/fleet_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ocibench::coordinator {
namespace {

bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }

bool is_aws_name(std::string_view name) {
  return !name.empty() && is_small_letter(name.front()) && name.size() <= kMaxFleetCampaignName &&
         std::ranges::all_of(
             name, [](char c) { return is_small_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

/// Every tool has a lane, and keeps it.
bool one_agent_per_tool(const Campaign& campaign) {
  return campaign.rotation.value_or("fixed") == "fixed" &&
         campaign.lanes.value_or(campaign.tools.size()) >= campaign.tools.size() &&
         std::ranges::all_of(campaign.tools, [](const std::string& tool) {
           return tool.size() <= kMaxFleetAgentName;
         });
}

}  // namespace

Result<std::map<std::string, std::vector<std::string>>> fleet_agents(const Campaign& campaign) {
  std::map<std::string, std::vector<std::string>> agents;
  const std::size_t lanes = campaign.lanes.value_or(campaign.tools.size());
  if (lanes > kMaxFleetAgents) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} lanes are {} machines, more than the {} that a "
                            "fleet may have: set `lanes` in the campaign",
                            lanes, lanes, kMaxFleetAgents));
  }
  if (one_agent_per_tool(campaign)) {
    for (const std::string& tool : campaign.tools) {
      agents[tool] = {tool};
    }
    return agents;
  }
  for (std::size_t lane = 1; lane <= lanes; ++lane) {
    agents[fmt::format("lane-{}", lane)] = campaign.tools;
  }
  return agents;
}

std::string fleet_run(WallTime now) {
  std::string run;
  for (const char c : format_compact(now).substr(0, std::string_view("20261122T0440").size())) {
    if (c != 'T') {
      run += c;
    }
  }
  return run;
}

Result<Json> fleet_variables(const Campaign& campaign, const std::filesystem::path& campaign_file,
                             WallTime now) {
  if (!is_aws_name(campaign.name)) {
    return fail(ErrorCode::bad_input,
                fmt::format("the campaign's name \"{}\" becomes part of AWS names: 1 to {} of a-z, "
                            "0-9 and '-', beginning with a letter",
                            campaign.name, kMaxFleetCampaignName));
  }
  const auto agents = fleet_agents(campaign);
  if (!agents) {
    return tl::unexpected(agents.error());
  }
  Json machines = Json::object();
  for (const auto& [name, tools] : *agents) {
    machines[name] = {{"tools", tools}};
  }
  const std::string time = format_rfc3339(now);
  return Json{{"campaign", campaign.name},
              {"run", fleet_run(now)},
              {"started_at", time.substr(0, time.find('.')) + "Z"},
              {"campaign_file", campaign_file.string()},
              {"agents", std::move(machines)}};
}

}  // namespace ocibench::coordinator
