#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/error.hpp"
#include "common/log.hpp"

namespace ocibench::agent {

struct AgentOptions {
  std::string connect;             ///< "tcp://10.0.0.5:5570"
  std::filesystem::path key_file;  ///< whose name is the lane's, unique in a campaign
  std::filesystem::path coordinator_key_file;
  std::filesystem::path state_directory;  ///< empty: the default for the name
  std::filesystem::path cache_directory;
  std::filesystem::path tools_directory;  ///< of `ocibench tools install`
  std::optional<std::filesystem::path> data_directory;
  std::vector<std::filesystem::path> corpus_directories;  ///< local files are read below these only
  std::chrono::seconds orphan_after{0};       ///< zero: wait for the coordinator for ever
  std::vector<std::string> offer;             ///< tools to run; empty: every one that is usable
  std::map<std::string, std::string> facts;   ///< what the agent cannot read about its environment
  std::vector<std::filesystem::path> hidden;  ///< from tools, besides what is the agent's own
  LogLevel log_level = LogLevel::info;
};

/// Where the spool of that lane lives: below $XDG_STATE_HOME, ~/.local/state or /var/lib/ocibench.
std::filesystem::path default_state_directory(const std::string& name);

/// --check: say what this host lacks, and leave.
struct CheckOptions {
  enum class Output { text, json };
  AgentOptions agent;
  Output output = Output::text;
};

/// --help or --version: print this and leave with success.
struct HelpText {
  std::string text;
};

using Options = std::variant<AgentOptions, CheckOptions, HelpText>;

/// Errors: usage, with what is wrong and where help is.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace ocibench::agent
