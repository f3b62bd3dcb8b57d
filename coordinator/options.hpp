#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/aws/s3.hpp"
#include "common/error.hpp"
#include "common/log.hpp"
#include "common/oci/copy_options.hpp"

namespace ocibench::coordinator {

enum class Output { text, json };

/// What every command understands.
struct CommonOptions {
  std::optional<std::filesystem::path> data_directory;  ///< competitors/ and scenarios/
  std::filesystem::path cache_directory;                ///< layouts of corpora
  std::filesystem::path tools_directory;                ///< of `ocibench tools install`
  LogLevel log_level = LogLevel::info;
  bool quiet = false;  ///< no progress
  Output output = Output::text;
};

struct PlanOptions {
  CommonOptions common;
  std::filesystem::path campaign;
};

struct RunOptions {
  enum class Agents { local, remote };

  CommonOptions common;
  std::filesystem::path campaign;  ///< empty when resuming
  Agents agents = Agents::remote;
  std::string listen = "tcp://127.0.0.1:5570";  ///< for remote agents
  std::filesystem::path key_file;               ///< given unless local or resuming
  std::filesystem::path agent_keys;  ///< folder of the .pub files of agents; given when key_file is
  std::filesystem::path results = "bench-results";
  std::string target_below;  ///< part of a repository's name; empty: `registry.target` as it is
  bool resume = false;
  std::filesystem::path resume_run;  ///< empty: the newest unfinished one
  std::optional<aws::S3Url> upload;  ///< where the bundle goes besides
};

struct UploadOptions {
  CommonOptions common;
  std::filesystem::path bundle;
  aws::S3Url target;
};

/// Public keys by way of the parameter store of AWS.
struct KeysOptions {
  enum class Action { publish, fetch };

  Action action = Action::publish;
  std::filesystem::path file;    ///< to publish
  std::string path;              ///< in the parameter store: "/ocibench/nightly/agents"
  std::filesystem::path output;  ///< where fetched keys go, as NAME.pub
  std::uint32_t expected = 1;    ///< how many keys make fetching a success
  std::chrono::seconds wait{0};  ///< for as many
};

struct KeygenOptions {
  std::string name;
  std::filesystem::path output = ".";
};

struct VerifyOptions {
  CommonOptions common;
  std::filesystem::path bundle;
};

struct ReportOptions {
  CommonOptions common;
  std::filesystem::path bundle;
};

struct ImageCopyOptions {
  enum class Transport { automatic, plain_http };  ///< automatic: https, but on loopback http

  std::string from;  ///< host of the source registry
  std::string to;
  Transport transport = Transport::automatic;
  std::filesystem::path ca_file;  ///< when given, https with these certificates
  std::filesystem::path images;   ///< list of images; empty: the one below
  std::string image;              ///< "repository:tag"
  std::string target_repository;
  oci::CopyOptions copy;
  Output output = Output::text;
};

struct ToolsOptions {
  enum class Action { list, check, install };

  CommonOptions common;
  Action action = Action::list;
  std::vector<std::string> names;  ///< to check or install; empty: all
};

struct WireOptions {
  CommonOptions common;
  std::string tool;
  std::string scenario = "cold";
  std::string corpus = "one-image";
  bool tls = false;
};

struct FleetOptions {
  enum class Action { up, status, down };
  enum class Confirmation { ask, given };
  enum class Results { kept, deleted };

  CommonOptions common;
  Action action = Action::status;
  std::filesystem::path campaign;           ///< a file; for status and down also its name
  std::filesystem::path settings;           ///< Terraform variables; only up
  std::filesystem::path fleets = "fleets";  ///< what is known of each fleet
  Confirmation confirmation = Confirmation::ask;
  Results results = Results::kept;  ///< only down
  std::chrono::seconds wait{900};   ///< for the agents; only up; 0: not at all
};

/// --help or --version: print this and leave with success.
struct HelpText {
  std::string text;
};

using Options = std::variant<RunOptions, PlanOptions, ReportOptions, VerifyOptions,
                             ImageCopyOptions, ToolsOptions, WireOptions, UploadOptions,
                             KeysOptions, KeygenOptions, FleetOptions, HelpText>;

/// Errors: usage, with what is wrong and where help is.
Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace ocibench::coordinator
