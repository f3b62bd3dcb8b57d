#include "coordinator/options.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/host.hpp"
#include "common/host_name.hpp"
#include "common/nearest.hpp"
#include "common/version.hpp"
#include "coordinator/aws_options.hpp"
#include "coordinator/fleet/fleet_options.hpp"

namespace ocibench::coordinator {
namespace {

constexpr const char* kAbout =
    "Benchmarks software that moves container images: runs a campaign of sync tools between\n"
    "registries, measures each on an agent of its own, proves by digest that the work was done, "
    "and\n"
    "writes a report that anyone can derive again from the bundle.";

constexpr const char* kFooter =
    "Examples:\n"
    "  ocibench run --local scenarios/campaigns/quickstart.toml   measure on this machine\n"
    "  ocibench plan scenarios/campaigns/quickstart.toml          what would run, and how long\n"
    "  ocibench run --resume                                      go on with a killed campaign\n"
    "  ocibench wire skopeo --scenario warm                       what a tool asks of registries\n"
    "  ocibench verify bench-results/<sha>/<machine>/<corpus>/<time>\n"
    "  ocibench tools list                                        which tools can be run here\n"
    "  ocibench fleet up CAMPAIGN --settings mine.tfvars          measure on machines of AWS\n"
    "\n"
    "Exit status:\n"
    "  0    valid: every planned iteration is complete\n"
    "  1    a threshold was missed or a regression found\n"
    "  2    incomplete or invalid: the report says what is missing and why\n"
    "  3    the bundle is written, but not uploaded: ocibench upload goes on with it\n"
    "  64   wrong usage\n"
    "  65   a file given is wrong: the message names file, line and key\n"
    "  70   our own failure\n"
    "  130  interrupted; what was finished is in the bundle\n"
    "\n"
    "Environment: NO_COLOR turns colours off; XDG_CACHE_HOME moves the cache.";

constexpr const char* kImageCopyFooter =
    "Credentials come from $DOCKER_CONFIG/config.json or ~/.docker/config.json; credential "
    "helpers\n"
    "are not run. Referrers and signatures are not copied.\n"
    "\n"
    "Examples:\n"
    "  ocibench image copy --from ghcr.io --to 127.0.0.1:5000 org/app:1 mirror/app\n"
    "  ocibench image copy --from 127.0.0.1:5001 --to 127.0.0.1:5002 --images list.txt\n"
    "\n"
    "Exit status:\n"
    "  0    every image is at the target\n"
    "  2    some are not: stderr says which and why\n"
    "  64   wrong usage\n"
    "  65   the list is wrong: the message names file and line\n"
    "  70   our own failure";

void add_common(CLI::App& command, CommonOptions& common) {
  command.add_option("--data", common.data_directory,
                     "Folder with competitors/ and scenarios/ (default: beside the program)");
  command.add_option("--cache", common.cache_directory, "Folder for generated corpora")
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--tools",
          [&common](const std::string& folder) {
            common.tools_directory = std::filesystem::absolute(folder);
          },
          "Folder of `ocibench tools install`, looked at before the PATH (default: below "
          "~/.local/share)")
      ->option_text("FOLDER");
  command.add_flag("-q,--quiet", common.quiet, "No progress on stderr");
  command
      .add_option_function<std::string>(
          "--log-level",
          [&common](const std::string& name) {
            const auto level = log_level_from(name);
            if (!level) {
              throw CLI::ValidationError("--log-level",
                                         "is debug, info, warning or error, not " + name);
            }
            common.log_level = *level;
          },
          "debug, info, warning or error (default: info)")
      ->option_text("LEVEL");
  command.add_flag_callback(
      "--json", [&common] { common.output = Output::json; },
      "Print JSON on stdout instead of text");
}

std::string copy_optimisation_names() {
  std::vector<std::string_view> names;
  for (const oci::CopyOptimisation each : oci::kAllCopyOptimisations) {
    names.push_back(to_string(each));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void add_image_copy(CLI::App& app, ImageCopyOptions& options) {
  CLI::App* const image = app.add_subcommand("image", "Our own tools for images");
  image->require_subcommand(1);
  CLI::App* const copy = image->add_subcommand(
      "copy", "Copy images from registry to registry: the tool called `reference` in campaigns");
  copy->footer(kImageCopyFooter);
  copy->add_option("IMAGE", options.image, "repository:tag at the source");
  copy->add_option("REPOSITORY", options.target_repository, "Where it goes at the target");
  copy->add_option("--from", options.from, "Host[:port] of the source")->required();
  copy->add_option("--to", options.to, "Host[:port] of the target")->required();
  copy->add_option("--images", options.images,
                   "Instead of IMAGE and REPOSITORY, a file with a line for each image:\n"
                   "source-repository:tag destination-repository");
  CLI::Option* const plain = copy->add_flag_callback(
      "--plain-http", [&] { options.transport = ImageCopyOptions::Transport::plain_http; },
      "Speak http to both; to a loopback address it is the default");
  copy->add_option("--ca-file", options.ca_file,
                   "Speak https to both, and trust these certificates (PEM)")
      ->excludes(plain);
  constexpr std::uint32_t kMostConnections = 64;
  copy->add_option("--connections", options.copy.connections, "To each side, at most")
      ->check(CLI::Range(std::uint32_t{1}, kMostConnections))
      ->capture_default_str();
  copy->add_option_function<std::vector<std::string>>(
          "--without",
          [&](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              const auto optimisation = oci::copy_optimisation_from(name);
              if (!optimisation) {
                throw CLI::ValidationError("--without", fmt::format("knows no {}, but {}", name,
                                                                    copy_optimisation_names()));
              }
              options.copy.without.insert(*optimisation);
            }
          },
          "Switch an optimisation off, to see what it is worth. May be repeated: " +
              copy_optimisation_names())
      ->option_text("NAME")
      ->allow_extra_args(false);
  copy->add_flag_callback(
      "--json", [&] { options.output = Output::json; },
      "Print a report in JSON at the end instead of a line for each image");
}

/// What CLI11 cannot say of the words of `image copy`.
Result<Options> checked(const ImageCopyOptions& options) {
  for (const std::string& host : {options.from, options.to}) {
    if (!is_host(host)) {
      return fail(ErrorCode::usage, fmt::format("\"{}\" is no registry host", host));
    }
  }
  const bool one = !options.image.empty() && !options.target_repository.empty();
  if (options.images.empty() ? !one : !options.image.empty()) {
    return fail(ErrorCode::usage,
                "image copy takes either IMAGE and REPOSITORY or --images FILE (see ocibench image "
                "copy --help)");
  }
  return options;
}

constexpr const char* kKeygenFooter =
    "Writes NAME.key, which only its owner can read and which stays on this machine, and "
    "NAME.pub,\n"
    "which the other side gets. An existing key is never overwritten.\n"
    "\n"
    "Examples:\n"
    "  ocibench keygen coordinator --output keys          on the coordinator's machine\n"
    "  ocibench keygen lane-1                             on the agent's machine\n"
    "  ocibench run --listen tcp://0.0.0.0:5570 --key keys/coordinator.key --agents agents "
    "campaign.toml\n"
    "  ocibench-agent --connect tcp://10.0.0.5:5570 --key lane-1.key --coordinator-key "
    "coordinator.pub\n"
    "\n"
    "To change an agent's key: make another with the same NAME in another folder, add its .pub "
    "file "
    "to\n"
    "the coordinator's --agents folder, restart the agent with it, remove the old .pub file.\n"
    "\n"
    "Exit status: 0 written; 65 the name is none; 70 could not be written, or exists.";

constexpr const char* kRunNeedsKeys =
    "run needs --local, which starts an agent here, or keys for agents on other machines:\n"
    "  ocibench keygen coordinator --output keys    here: coordinator.pub goes to the agents\n"
    "  ocibench keygen NAME                         on each agent's machine: NAME.pub goes into "
    "agents/ here\n"
    "  ocibench run CAMPAIGN --listen tcp://0.0.0.0:5570 --key keys/coordinator.key --agents "
    "agents\n"
    "On AWS, `ocibench keys publish` and `keys fetch` carry the .pub files.";

/// The command line as CLI11 fills it in; one object per command.
struct Parser {
  CLI::App app{kAbout, "ocibench"};
  RunOptions run;
  PlanOptions plan;
  ReportOptions report;
  VerifyOptions verify;
  ImageCopyOptions image_copy;
  ToolsOptions tools;
  WireOptions wire;
  KeygenOptions keygen;
  FleetOptions fleet;
  UploadOptions upload;
  KeysOptions keys;
  bool all_tools = false;
  CLI::App* run_command = nullptr;
  CLI::App* plan_command = nullptr;
  CLI::App* report_command = nullptr;
  CLI::App* tools_command = nullptr;
  CLI::App* wire_command = nullptr;
  bool local = false;

  Parser() {
    app.require_subcommand(1);
    app.footer(kFooter);
    app.set_version_flag("--version",
                         fmt::format("ocibench {} ({}, {})", version(), git_sha(), compiler()));
    for (CommonOptions* common : {&run.common, &plan.common, &report.common, &verify.common,
                                  &tools.common, &wire.common, &upload.common, &fleet.common}) {
      common->cache_directory = default_cache_directory();
      common->tools_directory = default_tools_directory();
    }
    add_run();
    add_plan();
    add_bundle_commands();
    add_image_copy(app, image_copy);
    add_tools();
    add_wire();
    add_keygen();
    add_fleet(app, fleet, add_common);
    add_keys(app, keys);
  }

  void add_run() {
    run_command = app.add_subcommand("run", "Run a campaign, or go on with one that was cut off");
    run_command->add_option("CAMPAIGN", run.campaign, "Campaign file (TOML)");
    run_command->add_flag("--local", local,
                          "Start one agent on this machine, with keys made for this run; without "
                          "it, agents are started with `ocibench-agent --connect`, and --key and "
                          "--agents are needed");
    run_command->add_option("--listen", run.listen, "Where agents connect: tcp://ADDRESS:PORT")
        ->capture_default_str();
    CLI::Option* const key = run_command->add_option(
        "--key", run.key_file, "The coordinator's own NAME.key, made by `ocibench keygen`");
    CLI::Option* const agents =
        run_command
            ->add_option("--agents", run.agent_keys,
                         "Folder with the .pub file of each agent that may come. Looked at again "
                         "while the campaign runs: a file added admits, a file removed turns away")
            ->option_text("FOLDER");
    key->needs(agents)->excludes("--local");
    agents->needs(key);
    run_command->add_option("--results", run.results, "Folder for result bundles")
        ->capture_default_str();
    run_command
        ->add_option(
            "--target-below", run.target_below,
            "Repositories of this run go below `registry.target`/NAME: for a role that may "
            "touch no others")
        ->option_text("NAME")
        ->check([](const std::string& name) {
          return is_repository(name) ? std::string() : "it is no part of a repository's name";
        });
    run_command
        ->add_option("--resume", run.resume_run,
                     "Go on with this unfinished run (a folder below RESULTS/.running), or with "
                     "the newest one. It finds its keys again unless --key and --agents name "
                     "others")
        ->expected(0, 1)
        ->option_text("[RUN]");
    add_upload_option(*run_command, run.upload);
    add_common(*run_command, run.common);
  }

  void add_plan() {
    plan_command = app.add_subcommand("plan", "Show what a campaign would do, without doing it");
    plan_command->add_option("CAMPAIGN", plan.campaign, "Campaign file (TOML)")->required();
    add_common(*plan_command, plan.common);
  }

  void add_bundle_commands() {
    report_command = app.add_subcommand(
        "report", "Print the report of a bundle, derived again from its journal");
    report_command->add_option("BUNDLE", report.bundle, "A result bundle")->required();
    add_common(*report_command, report.common);
    CLI::App* verify_command = app.add_subcommand(
        "verify", "Check a bundle: hashes, and every number derived again from its journal");
    verify_command->add_option("BUNDLE", verify.bundle, "A result bundle")->required();
    add_common(*verify_command, verify.common);
    CLI::App* upload_command = add_upload(app, upload);
    add_common(*upload_command, upload.common);
  }

  void add_tools() {
    tools_command = app.add_subcommand("tools", "The tools and registries that can be measured");
    tools_command->require_subcommand(1);
    CLI::App* list = tools_command->add_subcommand("list", "What is usable here, and why not");
    CLI::App* check = tools_command->add_subcommand(
        "check", "What is found, its version and hash, and what would be run");
    check->add_option("NAME", tools.names, "Tools to check (default: all)");
    CLI::App* install = tools_command->add_subcommand(
        "install", "Install the pinned version of tools, each into a folder of its own");
    install->add_option("NAME", tools.names, "Tools to install");
    install->add_flag("--all", all_tools, "Every tool that can be installed");
    for (CLI::App* command : {list, check, install}) {
      add_common(*command, tools.common);
    }
  }

  Result<Options> selected_tools() {
    if (tools_command->got_subcommand("list")) {
      tools.action = ToolsOptions::Action::list;
    } else if (tools_command->got_subcommand("check")) {
      tools.action = ToolsOptions::Action::check;
    } else {
      tools.action = ToolsOptions::Action::install;
      if (tools.names.empty() != all_tools) {
        return fail(ErrorCode::usage,
                    "tools install needs NAMEs or --all (see ocibench tools install --help)");
      }
    }
    return tools;
  }

  void add_wire() {
    wire_command = app.add_subcommand(
        "wire", "Show what a tool says to the registries in one untimed run on this machine");
    wire_command->add_option("TOOL", wire.tool, "Name of a sync tool")->required();
    wire_command->add_option("--scenario", wire.scenario, "What stands ready when it is run")
        ->capture_default_str();
    wire_command->add_option("--corpus", wire.corpus, "What it has to copy")->capture_default_str();
    wire_command->add_flag("--tls", wire.tls, "The registries speak TLS, and HTTP/2 if it likes");
    add_common(*wire_command, wire.common);
  }

  void add_keygen() {
    CLI::App* const command =
        app.add_subcommand("keygen", "Make the key pair of an agent or of the coordinator");
    command->footer(kKeygenFooter);
    command->add_option("NAME", keygen.name, "Name of the lane, or `coordinator`")->required();
    command->add_option("--output", keygen.output, "Folder for the two files")
        ->capture_default_str();
  }

  Result<Options> selected() {
    if (run_command->parsed()) {
      run.agents = local ? RunOptions::Agents::local : RunOptions::Agents::remote;
      run.resume = run_command->get_option("--resume")->count() > 0;
      if (run.resume == !run.campaign.empty()) {
        return fail(ErrorCode::usage,
                    run.resume
                        ? "--resume takes the campaign from the run: leave CAMPAIGN out"
                        : "run needs a CAMPAIGN file, or --resume (see ocibench run --help)");
      }
      if (!run.resume && !local && run.key_file.empty()) {
        return fail(ErrorCode::usage, kRunNeedsKeys);
      }
      return run;
    }
    if (plan_command->parsed()) {
      return plan;
    }
    if (report_command->parsed()) {
      return report;
    }
    if (app.got_subcommand("image")) {
      return checked(image_copy);
    }
    if (tools_command->parsed()) {
      return selected_tools();
    }
    if (wire_command->parsed()) {
      return wire;
    }
    if (app.got_subcommand("keygen")) {
      return keygen;
    }
    if (app.got_subcommand("fleet")) {
      return fleet;
    }
    if (app.got_subcommand("upload")) {
      return upload;
    }
    if (app.got_subcommand("keys")) {
      return keys;
    }
    return verify;
  }
};

/// CLI11 would only say that a command is missing.
Result<void> check_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return {};
  }
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    known.push_back(command->get_name());
  }
  if (std::ranges::find(known, argv[1]) != known.end()) {
    return {};
  }
  return fail(ErrorCode::usage, fmt::format("unknown command `{}`{} (see ocibench --help)", argv[1],
                                            suggestion(argv[1], known)));
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Parser parser;
  if (auto known = check_command(parser.app, argc, argv); !known) {
    return tl::unexpected(known.error());
  }
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return HelpText{parser.app.help()};
  } catch (const CLI::CallForVersion& version) {
    return HelpText{std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::usage, fmt::format("{} (see ocibench --help)", error.what()));
  }
  return parser.selected();
}

}  // namespace ocibench::coordinator
