#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/completion.hpp"
#include "common/catalog/program.hpp"
#include "common/error.hpp"
#include "common/model/comparability.hpp"

namespace ocibench::catalog {

enum class ToolKind {
  sync,         ///< copies the corpus from the source to the target registry
  calibration,  ///< copies nothing and takes a known time: measures the harness itself
};

/// How many images one process copies.
enum class ProcessPer {
  corpus,  ///< all of them
  image,   ///< one: xargs(1) starts a process for each
};

/// Where a tool can take a registry's credentials from.
enum class CredentialsFrom {
  docker_config,  ///< a config.json in its DOCKER_CONFIG, or where credentials_environment says
  nowhere,        ///< only from places that would end up in the results
};

/// How many things a tool does at once, as sentences for reports.
struct Concurrency {
  std::string as_shipped;  ///< "six layers of one image at a time"; empty: calibration
  std::string matched;     ///< mustache over {{concurrency}}; empty: it cannot be told

  friend bool operator==(const Concurrency&, const Concurrency&) = default;
};

/// What the tool's exit status tells. Every status not in `ok` means that the tool failed.
struct ExitCodes {
  std::vector<int> ok = {0};
  std::map<int, std::string> meaning;  ///< a sentence each, where the tool documents one

  [[nodiscard]] bool is_ok(int code) const;
  /// "exit code 1: at least one image was not copied", or "exit code 7".
  [[nodiscard]] std::string describe(int code) const;

  friend bool operator==(const ExitCodes&, const ExitCodes&) = default;
};

/// A tool as competitors/<name>.toml describes it. docs/reference/campaign-toml.md lists every key.
struct ToolDefinition {
  Program program;
  ToolKind kind = ToolKind::sync;
  ProcessPer per = ProcessPer::corpus;
  std::string jobs = "1";   ///< mustache over {{concurrency}}: processes at once, where per image
  std::string destination;  ///< mustache: repository at the target of one image; empty: calibration
  bool needs_tls = false;   ///< it has no plain http
  Platforms default_platforms = Platforms::all;  ///< when nobody tells it
  CredentialsFrom credentials = CredentialsFrom::docker_config;
  Concurrency concurrency;
  ExitCodes exit_codes;
  std::optional<Completion> completion;  ///< absent: it does not tell which image is finished
  std::vector<std::string> capabilities;

  friend bool operator==(const ToolDefinition&, const ToolDefinition&) = default;
};

/// What `capabilities` may name.
const std::vector<std::string>& known_capabilities();

/// Reads a definition and tries every template in it. `origin` is the file's path as to be shown.
/// Errors: bad_input with file, line and key.
Result<ToolDefinition> parse_tool(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
