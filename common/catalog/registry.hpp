#pragma once

#include <string>
#include <string_view>

#include "common/catalog/program.hpp"
#include "common/error.hpp"

namespace ocibench::catalog {

/// Registry software that an agent can start, as competitors/<name>.toml describes it.
struct RegistryDefinition {
  Program program;
  std::string ready_path;  ///< answers 200 to GET when the registry serves: "/v2/"

  friend bool operator==(const RegistryDefinition&, const RegistryDefinition&) = default;
};

/// Reads a definition and tries every template in it. Errors: bad_input with file, line and key.
Result<RegistryDefinition> parse_registry(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
