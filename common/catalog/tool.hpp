#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/program.hpp"
#include "common/error.hpp"

namespace ocibench::catalog {

enum class ToolKind {
  sync,         ///< copies the corpus from the source to the target registry
  calibration,  ///< copies nothing and takes a known time: measures the harness itself
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
  std::string destination;  ///< mustache: repository at the target of one image; empty: calibration
  ExitCodes exit_codes;
  std::vector<std::string> capabilities;

  friend bool operator==(const ToolDefinition&, const ToolDefinition&) = default;
};

/// Reads a definition and tries every template in it. `origin` is the file's path as to be shown.
/// Errors: bad_input with file, line and key.
Result<ToolDefinition> parse_tool(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
