#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "common/catalog/registry.hpp"
#include "common/catalog/scenario.hpp"
#include "common/catalog/tool.hpp"
#include "common/error.hpp"
#include "common/model/corpus.hpp"

namespace ocibench::catalog {

/// Every definition of a data directory, read and checked once, by name.
class Catalog {
 public:
  /// Reads competitors/*.toml, scenarios/*.toml and scenarios/corpora/*.toml. The name inside a
  /// file must be the file's own. Errors: io, not_found, bad_input with file, line and key.
  static Result<Catalog> load(const std::filesystem::path& data_directory);

  // Look-up; the result lives as long as the catalog and is never null.
  // Errors: not_found, with the nearest name or all of them.
  [[nodiscard]] Result<const ToolDefinition*> tool(std::string_view name) const;
  [[nodiscard]] Result<const RegistryDefinition*> registry(std::string_view name) const;
  [[nodiscard]] Result<const Scenario*> scenario(std::string_view name) const;
  [[nodiscard]] Result<const CorpusSpec*> corpus(std::string_view name) const;

  [[nodiscard]] const std::map<std::string, ToolDefinition>& tools() const { return tools_; }
  [[nodiscard]] const std::map<std::string, RegistryDefinition>& registries() const {
    return registries_;
  }

 private:
  Result<void> add_competitor(std::string_view toml, const std::string& origin);
  [[nodiscard]] Result<void> check_needs() const;

  std::map<std::string, ToolDefinition> tools_;
  std::map<std::string, RegistryDefinition> registries_;
  std::map<std::string, Scenario> scenarios_;
  std::map<std::string, CorpusSpec> corpora_;
};

}  // namespace ocibench::catalog
