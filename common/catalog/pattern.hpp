#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "common/toml.hpp"

namespace ocibench::catalog {

/// A regular expression (ECMAScript) of a definition, whose first group is what is wanted.
/// std::regex recurses over its input: callers bound what they give it.
class Pattern {
 public:
  /// Reads the text at `key`; an expression that cannot work is a problem of the table. `wanted`
  /// says what the group is for: "the version".
  static std::string read(TomlTable& table, std::string_view key, std::string_view wanted);

  /// Requires: `expression` is one that read() accepted.
  explicit Pattern(const std::string& expression) : regex_(expression) {}

  /// nullopt when the text does not match, or is too much for the expression.
  [[nodiscard]] std::optional<std::string> first_group(const std::string& text) const;

 private:
  std::regex regex_;
};

}  // namespace ocibench::catalog
