#include "agent/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "common/host.hpp"
#include "common/model/names.hpp"
#include "common/version.hpp"

namespace ocibench::agent {
namespace {

constexpr const char* kAbout =
    "Runs one tool at a time on this machine for an ocibench coordinator, measures it and streams\n"
    "every result back. Runs only tools that its own competitors/ folder defines.";

constexpr const char* kFooter =
    "Examples:\n"
    "  ocibench-agent --connect tcp://10.0.0.5:5570 --key lane-1.key "
    "--coordinator-key coordinator.pub\n"
    "  ocibench-agent --check                       what this host lacks to be an agent\n"
    "\n"
    "Stop it with SIGTERM: the running trial ends, what was finished stays in the state folder "
    "and\n"
    "is delivered by the next start.\n"
    "\n"
    "Exit status:\n"
    "  0    dismissed at the end of a campaign, or stopped by a signal\n"
    "  2    refused by the coordinator, or left alone for longer than --orphan-after; --check: "
    "this\n"
    "       host lacks something\n"
    "  64   wrong usage\n"
    "  65   a definition in competitors/ is wrong: the message names file, line and key\n"
    "  70   our own failure";

constexpr const char* kNeedsKeys =
    "an agent needs a key of its own and the coordinator's public key: --key and "
    "--coordinator-key\n"
    "  ocibench keygen NAME                 here: NAME.key stays, NAME.pub goes into the "
    "coordinator's --agents folder\n"
    "  ocibench-agent --connect tcp://HOST:PORT --key NAME.key --coordinator-key coordinator.pub\n"
    "On AWS, `ocibench keys publish` and `keys fetch` carry the .pub files. To measure on one "
    "machine,\n"
    "`ocibench run --local CAMPAIGN` starts an agent itself.";

constexpr std::size_t kMaxNameLength = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/// The host's name in the characters that an agent's name may have: what --check, which has no
/// key, takes for the lane's.
std::string default_name() {
  std::array<char, kMaxNameLength + 1> host{};
  if (::gethostname(host.data(), kMaxNameLength) != 0 || host[0] == '\0') {
    return "agent";
  }
  std::string name(host.data());
  std::ranges::transform(name, name.begin(), [](char c) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return is_name_character(lower) ? lower : '-';
  });
  return name;
}

/// "network.path=vpc-endpoints"
void add_fact(std::map<std::string, std::string>& facts, const std::string& text) {
  constexpr std::size_t kMaxLength = 256;
  const std::size_t split = text.find('=');
  const std::string name = text.substr(0, split);
  const bool valid = split != std::string::npos && split > 0 && split + 1 < text.size() &&
                     text.size() <= kMaxLength && std::ranges::all_of(name, [](char c) {
                       return is_name_character(c) || c == '.' || c == '_';
                     });
  if (!valid || !facts.emplace(name, text.substr(split + 1)).second) {
    throw CLI::ValidationError("--fact", "takes NAME=VALUE, each name once, not " + text);
  }
}

}  // namespace

std::filesystem::path default_state_directory(const std::string& name) {
  if (const auto state = environment_variable("XDG_STATE_HOME")) {
    return std::filesystem::path(*state) / "ocibench" / name;
  }
  if (const auto home = home_directory()) {
    return *home / ".local" / "state" / "ocibench" / name;
  }
  return std::filesystem::path("/var/lib/ocibench") / name;
}

namespace {

void add_options(CLI::App& app, AgentOptions& options) {
  app.add_option("--connect", options.connect, "The coordinator: tcp://ADDRESS:PORT")->required();
  app.add_option("--key", options.key_file,
                 "This agent's own NAME.key, made by `ocibench keygen`; its name is the lane's");
  app.add_option("--coordinator-key", options.coordinator_key_file, "The coordinator's .pub file");
  app.add_option("--state-dir", options.state_directory,
                 "Folder of the spool; survives restarts (default: below ~/.local/state)");
  app.add_option("--cache", options.cache_directory, "Folder for generated corpora")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--tools",
         [&options](const std::string& folder) {
           options.tools_directory = std::filesystem::absolute(folder);
         },
         "Folder of `ocibench tools install`, looked at before the PATH (default: below "
         "~/.local/share)")
      ->option_text("FOLDER");
  app.add_option_function<std::vector<std::string>>(
         "--corpus-files",
         [&options](const std::vector<std::string>& folders) {
           for (const std::string& folder : folders) {
             options.corpus_directories.push_back(std::filesystem::absolute(folder));
           }
         },
         "A folder with images in files that a campaign's corpus may name. May be repeated "
         "(default: none, and such a corpus is refused)")
      ->option_text("FOLDER")
      ->allow_extra_args(false);
  app.add_option("--data", options.data_directory,
                 "Folder with competitors/ and scenarios/ (default: beside the program)");
  app.add_option("--offer", options.offer,
                 "Run this tool and none that is not named so. May be repeated (default: every one "
                 "that is usable here)")
      ->allow_extra_args(false);
  app.add_option("--hide", options.hidden,
                 "Folder or file that tools must not see, where they are kept apart by mounts. May "
                 "be repeated (hidden anyway: --state-dir, --cache, keys, what registries store)")
      ->allow_extra_args(false);
  app.add_option_function<std::vector<std::string>>(
         "--fact",
         [&options](const std::vector<std::string>& facts) {
           for (const std::string& fact : facts) {
             add_fact(options.facts, fact);
           }
         },
         "What cannot be read on this host, for the results: network.path=vpc-endpoints. May be "
         "repeated")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option_function<std::uint32_t>(
         "--orphan-after",
         [&options](std::uint32_t seconds) {
           options.orphan_after = std::chrono::seconds(seconds);
         },
         "Leave when idle and without a coordinator for this many seconds (default: never)")
      ->option_text("SECONDS");
  app.add_option_function<std::string>(
         "--log-level",
         [&options](const std::string& name) {
           const auto level = log_level_from(name);
           if (!level) {
             throw CLI::ValidationError("--log-level",
                                        "is debug, info, warning or error, not " + name);
           }
           options.log_level = *level;
         },
         "debug, info, warning or error (default: info)")
      ->option_text("LEVEL");
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  CLI::App app{kAbout, "ocibench-agent"};
  app.footer(kFooter);
  app.set_version_flag("--version",
                       fmt::format("ocibench-agent {} ({}, {})", version(), git_sha(), compiler()));
  AgentOptions options{.cache_directory = default_cache_directory(),
                       .tools_directory = default_tools_directory()};
  add_options(app, options);
  bool check = false;
  auto output = CheckOptions::Output::text;
  CLI::Option* const check_flag = app.add_flag_callback(
      "--check",
      [&] {
        check = true;
        app.get_option("--connect")->required(false);
      },
      "Say what this host lacks to be an agent, and leave");
  app.add_flag_callback(
         "--json", [&] { output = CheckOptions::Output::json; }, "With --check: print JSON")
      ->needs(check_flag);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return HelpText{app.help()};
  } catch (const CLI::CallForVersion& version_text) {
    return HelpText{std::string(version_text.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::usage, fmt::format("{} (see ocibench-agent --help)", error.what()));
  }
  if (auto named = check_default_folders(options.cache_directory, options.tools_directory);
      !named) {
    return tl::unexpected(named.error());
  }
  if (check) {
    if (options.state_directory.empty()) {
      options.state_directory = default_state_directory(default_name());
    }
    return CheckOptions{std::move(options), output};
  }
  if (options.key_file.empty() || options.coordinator_key_file.empty()) {
    return fail(ErrorCode::usage, kNeedsKeys);
  }
  return options;
}

}  // namespace ocibench::agent
