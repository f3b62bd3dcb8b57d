#include "coordinator/fleet/fleet_options.hpp"

#include <CLI/CLI.hpp>

namespace ocibench::coordinator {
namespace {

constexpr std::uint32_t kLongestWait = 24 * 3600;

constexpr const char* kFleetFooter =
    "One machine of AWS for each tool and one for the coordinator, by the Terraform configuration "
    "that\n"
    "comes with ocibench. Terraform 1.11 and AWS credentials as its provider finds them are "
    "needed.\n"
    "What is known of a fleet is kept in FLEETS/<campaign>: do not lose it while machines run.\n"
    "\n"
    "  up      shows what will be created and what it costs, asks, and creates it. The "
    "coordinator\n"
    "          runs the campaign by itself and uploads the bundle; machines that are done power "
    "off.\n"
    "          Waits until every agent has joined, where your credentials may read parameters.\n"
    "          Interrupted or failed, it goes on when called again\n"
    "  status  asks AWS again, and shows the machines, the cost and the commands to look closer\n"
    "  down    terminates and deletes everything but results, removes the run's public keys, and\n"
    "          says what is left: of Terraform's, and repositories in ECR\n"
    "\n"
    "Examples:\n"
    "  ocibench fleet up scenarios/campaigns/cross-tool.toml --settings mine.tfvars\n"
    "  ocibench fleet status cross-tool\n"
    "  ocibench fleet down cross-tool\n"
    "\n"
    "Exit status:\n"
    "  0    done\n"
    "  2    not confirmed; up: an agent has not joined in time; down: something is left;\n"
    "       Terraform failed, and its last lines say why\n"
    "  64   wrong usage\n"
    "  65   the campaign file is wrong: the message names file, line and key\n"
    "  70   our own failure\n"
    "\n"
    "Whatever happens here, each machine powers off after max_hours of the settings, AWS "
    "terminates\n"
    "what is left 15 minutes later, and docs/how-to/run-on-ec2.md says how to look for the rest.";

}  // namespace

void add_fleet(CLI::App& app, FleetOptions& options, const AddCommonOptions& add_common) {
  CLI::App* const fleet = app.add_subcommand("fleet", "Machines of AWS for a campaign");
  fleet->require_subcommand(1);
  fleet->footer(kFleetFooter);
  const auto add = [&](const char* name, const char* about, FleetOptions::Action action) {
    CLI::App* const command = fleet->add_subcommand(name, about);
    command->footer(kFleetFooter);
    command->callback([&options, action] { options.action = action; });
    command
        ->add_option("CAMPAIGN", options.campaign,
                     action == FleetOptions::Action::up ? "Campaign file (TOML)"
                                                        : "Campaign file, or its name")
        ->required();
    command->add_option("--fleets", options.fleets, "Folder with what is known of each fleet")
        ->capture_default_str();
    add_common(*command, options.common);
    return command;
  };
  CLI::App* const up =
      add("up", "Create the machines and have them run the campaign", FleetOptions::Action::up);
  up->add_option("--settings", options.settings,
                 "Terraform variables: owner, region, image, prices ... (copy "
                 "terraform/aws/example.tfvars). Needed unless going on");
  up->add_option_function<std::uint32_t>(
        "--wait", [&options](std::uint32_t s) { options.wait = std::chrono::seconds(s); },
        "Seconds to wait for the agents, once the machines run; 0: not at all")
      ->check(CLI::Range(0U, kLongestWait))
      ->default_str(std::to_string(options.wait.count()));
  add("status", "Show the machines, as AWS has them now", FleetOptions::Action::status);
  CLI::App* const down =
      add("down", "Terminate and delete everything but results", FleetOptions::Action::down);
  down->add_flag_callback(
      "--delete-results", [&options] { options.results = FleetOptions::Results::deleted; },
      "Also the bucket of this fleet with every result in it");
  for (CLI::App* const command : {up, down}) {
    command->add_flag_callback(
        "--yes", [&options] { options.confirmation = FleetOptions::Confirmation::given; },
        "Do not ask");
  }
}

}  // namespace ocibench::coordinator
