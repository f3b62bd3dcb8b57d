#include "coordinator/fleet/fleet_command.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/log.hpp"
#include "coordinator/fleet/arrivals.hpp"
#include "coordinator/fleet/fleet_folder.hpp"
#include "coordinator/fleet/fleet_plan.hpp"
#include "coordinator/fleet/fleet_view.hpp"
#include "coordinator/fleet/leftovers.hpp"
#include "coordinator/plan_command.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResultsModule = "module.results_bucket";

/// Asks on the terminal, unless the answer was given on the command line.
bool confirmed(const FleetOptions& options, const std::string& question) {
  if (options.confirmation == FleetOptions::Confirmation::given) {
    return true;
  }
  fmt::print(stderr, "{} Type yes to go on: ", question);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

void print(const FleetOptions& options, const FleetView& fleet) {
  const std::string text =
      options.common.output == Output::json ? dump_json(fleet_json(fleet)) : fleet_text(fleet);
  std::fputs(text.c_str(), stdout);
}

Result<FleetView> known_fleet(Terraform& terraform) {
  return terraform.outputs()
      .and_then(parse_fleet_outputs)
      .and_then([](std::optional<FleetView>&& fleet) -> Result<FleetView> {
        if (!fleet) {
          return fail(ErrorCode::not_found, "Terraform knows of no machines");
        }
        return *std::move(fleet);
      });
}

Result<Campaign> read_campaign(const FleetOptions& options, const LoadedData& data) {
  return read_file(options.campaign, kMaxCampaignBytes).and_then([&](const std::string& toml) {
    return parse_campaign(toml, options.campaign.string(), data.catalog);
  });
}

/// A new fleet, or the one that an interrupted `up` has begun.
Result<FleetFolder> folder_to_go_up(const FleetOptions& options, const LoadedData& data,
                                    const Campaign& campaign) {
  if (auto begun = FleetFolder::open(options.fleets, campaign.name)) {
    log_info(fmt::format("going on with the fleet of {}, as it was planned then",
                         begun->path().string()));
    return begun;
  }
  if (options.settings.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("fleet up needs --settings: copy {} and change it",
                            (data.directory / "terraform/aws/example.tfvars").string()));
  }
  // Checked before anything is written.
  const SystemClock clock;
  if (auto possible = fleet_variables(campaign, options.campaign, clock.wall()); !possible) {
    return tl::unexpected(possible.error());
  }
  auto folder = FleetFolder::create(options.fleets, campaign.name,
                                    {.terraform = data.directory / "terraform",
                                     .settings = options.settings,
                                     .campaign = options.campaign});
  if (!folder) {
    return folder;
  }
  return fleet_variables(campaign, folder->campaign(), clock.wall())
      .and_then([&](const Json& variables) { return folder->write_variables(variables); })
      .map([&] { return *folder; });
}

Result<ExitCode> up(const FleetOptions& options) {
  const auto data = load_data(options.common);
  if (!data) {
    return tl::unexpected(data.error());
  }
  const auto campaign = read_campaign(options, *data);
  if (!campaign) {
    return tl::unexpected(campaign.error());
  }
  const auto folder = folder_to_go_up(options, *data, *campaign);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  Terraform terraform(folder->place(), run_command_line);
  const auto planned =
      terraform.init().and_then([&] { return terraform.plan(); }).and_then(parse_fleet_plan);
  if (!planned) {
    if (!folder->has_state()) {
      folder->remove();
    }
    return tl::unexpected(planned.error());
  }
  fmt::print(stderr, "\n{}", cost_text(*planned));
  if (!confirmed(options, "Create these machines?")) {
    if (!folder->has_state()) {
      folder->remove();
    }
    log_info("nothing was created");
    return ExitCode::incomplete;
  }
  const auto fleet = terraform.apply_plan().and_then([&] { return known_fleet(terraform); });
  if (!fleet) {
    return tl::unexpected(fleet.error());
  }
  print(options, *fleet);
  log_info(
      "machines run; agents join by themselves in some minutes, and the coordinator starts when "
      "it knows their keys: its console (see Next) tells");
  const SystemClock clock;
  return options.wait.count() == 0 ? ExitCode::valid : wait_for_agents(*fleet, options.wait, clock);
}

Result<FleetFolder> existing_folder(const FleetOptions& options) {
  if (auto by_name = FleetFolder::open(options.fleets, options.campaign.string())) {
    return by_name;
  }
  std::error_code error;
  if (!fs::exists(options.campaign, error)) {
    return FleetFolder::open(options.fleets, options.campaign.string());
  }
  return load_data(options.common)
      .and_then([&](const LoadedData& data) { return read_campaign(options, data); })
      .and_then([&](const Campaign& campaign) {
        return FleetFolder::open(options.fleets, campaign.name);
      });
}

Result<ExitCode> status(const FleetOptions& options) {
  const auto folder = existing_folder(options);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  Terraform terraform(folder->place(), run_command_line);
  return terraform.refresh()
      .and_then([&] { return known_fleet(terraform); })
      .map([&](const FleetView& fleet) {
        print(options, fleet);
        return ExitCode::valid;
      });
}

bool is_of_results(const std::string& address) { return address.starts_with(kResultsModule); }

/// Results stay, with the bucket as it is, unless they are to be deleted.
Result<void> part_with_results(const FleetOptions& options, Terraform& terraform) {
  const auto resources = terraform.resources();
  if (!resources) {
    return tl::unexpected(resources.error());
  }
  if (std::ranges::none_of(*resources, is_of_results)) {
    return {};
  }
  return options.results == FleetOptions::Results::deleted ? terraform.give_up_results()
                                                           : terraform.forget(kResultsModule);
}

std::string left_text(const std::vector<std::string>& left) {
  if (left.empty()) {
    return "Nothing is left of what Terraform created.\n";
  }
  std::string text = fmt::format("Left, {} of what Terraform created:\n", left.size());
  for (const std::string& address : left) {
    text += fmt::format("  {}\n", address);
  }
  return text;
}

/// What is left that Terraform does not know of, as far as we may see that.
ExitCode clear_the_rest(const FleetView& fleet) {
  const SystemClock clock;
  const auto left = clear_leftovers(fleet, clock);
  if (!left) {
    log_warning(fmt::format("what the machines made themselves can't be seen from here: {}",
                            left.error().message));
    std::fputs(search_text(fleet).c_str(), stdout);
    return ExitCode::valid;
  }
  std::fputs(leftovers_text(fleet, *left).c_str(), stdout);
  return left->repositories.empty() ? ExitCode::valid : ExitCode::incomplete;
}

Result<ExitCode> down(const FleetOptions& options) {
  const auto folder = existing_folder(options);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  Terraform terraform(folder->place(), run_command_line);
  if (!folder->has_state()) {
    folder->remove();
    std::fputs(left_text({}).c_str(), stdout);
    return ExitCode::valid;
  }
  const bool keeps = options.results == FleetOptions::Results::kept;
  if (!confirmed(options, keeps
                              ? "Terminate every machine of this fleet?"
                              : "Terminate every machine of this fleet and delete its results?")) {
    return ExitCode::incomplete;
  }
  const auto fleet = terraform.outputs().and_then(parse_fleet_outputs);
  const auto done =
      part_with_results(options, terraform).and_then([&] { return terraform.destroy(); });
  const auto left = terraform.resources();
  if (left) {
    std::fputs(left_text(*left).c_str(), stdout);
  }
  if (!done || !left) {
    return tl::unexpected(done ? left.error() : done.error());
  }
  if (!left->empty()) {
    return ExitCode::incomplete;
  }
  folder->remove();
  if (!fleet || !*fleet) {
    return ExitCode::valid;
  }
  if (keeps) {
    fmt::print("Results stay in {} until they expire.\n", (*fleet)->results);
  }
  return clear_the_rest(**fleet);
}

}  // namespace

Result<ExitCode> fleet_command(const FleetOptions& options) {
  switch (options.action) {
    case FleetOptions::Action::up: return up(options);
    case FleetOptions::Action::status: return status(options);
    case FleetOptions::Action::down: return down(options);
  }
  OCIBENCH_ASSERT(false && "an Action outside its enumerators");
  return ExitCode::internal;
}

}  // namespace ocibench::coordinator
