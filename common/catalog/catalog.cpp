#include "common/catalog/catalog.hpp"

#include <algorithm>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/catalog/corpus_file.hpp"
#include "common/file.hpp"
#include "common/nearest.hpp"
#include "common/toml.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFilesPerFolder = 1000;

using Reader = std::function<Result<void>(std::string_view toml, const std::string& origin)>;

/// Sorted, so that the first error is the same one everywhere.
Result<std::vector<fs::path>> toml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml") {
      files.push_back(entry->path());
    }
    if (files.size() > kMaxFilesPerFolder) {
      return fail(ErrorCode::limit, fmt::format("{} holds more than {} TOML files", folder.string(),
                                                kMaxFilesPerFolder));
    }
  }
  if (error) {
    return fail_errno(fmt::format("cannot list {}", folder.string()), error.value());
  }
  std::ranges::sort(files);
  return files;
}

/// Every TOML file of `data_directory / folder`, under its name relative to the data directory.
Result<void> read_folder(const fs::path& data_directory, const fs::path& folder,
                         const Reader& reader) {
  const auto files = toml_files(data_directory / folder);
  if (!files) {
    return tl::unexpected(files.error());
  }
  for (const fs::path& file : *files) {
    const auto text = read_file(file, TomlDocument::kMaxBytes);
    if (!text) {
      return tl::unexpected(text.error());
    }
    if (auto read = reader(*text, (folder / file.filename()).string()); !read) {
      return read;
    }
  }
  return {};
}

const std::string& name_of(const ToolDefinition& tool) { return tool.program.name; }
const std::string& name_of(const RegistryDefinition& registry) { return registry.program.name; }
const std::string& name_of(const Scenario& scenario) { return scenario.name; }
const std::string& name_of(const CorpusSpec& corpus) { return corpus.name; }

/// Keeps what was read under its name.
template <class Value>
Result<void> keep(Result<Value> value, const std::string& origin,
                  std::map<std::string, Value>& values) {
  if (!value) {
    return tl::unexpected(value.error());
  }
  const std::string name = name_of(*value);
  if (name != fs::path(origin).stem()) {
    return fail(
        ErrorCode::bad_input,
        fmt::format("{}: key `name` is \"{}\"; it must be the file's own name", origin, name));
  }
  values.emplace(name, *std::move(value));
  return {};
}

template <class Value>
Result<const Value*> look_up(const std::map<std::string, Value>& values, std::string_view name,
                             std::string_view what) {
  const auto found = values.find(std::string(name));
  if (found != values.end()) {
    return &found->second;
  }
  std::vector<std::string> known;
  for (const auto& [key, value] : values) {
    known.push_back(key);
  }
  return fail(ErrorCode::not_found,
              fmt::format("unknown {} `{}`{}", what, name, suggestion(name, known)));
}

/// Tools and registries share a folder; their files say which they are.
Result<bool> describes_registry(std::string_view toml, const std::string& origin) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  return document->root().optional_text("kind") == "registry";
}

}  // namespace

Result<void> Catalog::add_competitor(std::string_view toml, const std::string& origin) {
  const auto is_registry = describes_registry(toml, origin);
  if (!is_registry) {
    return tl::unexpected(is_registry.error());
  }
  return *is_registry ? keep(parse_registry(toml, origin), origin, registries_)
                      : keep(parse_tool(toml, origin), origin, tools_);
}

Result<void> Catalog::check_needs() const {
  for (const auto& [name, definition] : tools_) {
    for (const std::string& needed : definition.program.needs) {
      if (const auto found = tool(needed); !found) {
        return fail(
            ErrorCode::bad_input,
            fmt::format("{}: key `needs`: {}", definition.program.origin, found.error().message));
      }
    }
  }
  return {};
}

Result<Catalog> Catalog::load(const fs::path& data_directory) {
  Catalog catalog;
  auto read = read_folder(data_directory, "competitors",
                          [&](std::string_view toml, const std::string& origin) {
                            return catalog.add_competitor(toml, origin);
                          });
  if (read) {
    read = catalog.check_needs();
  }
  if (!read) {
    return tl::unexpected(read.error());
  }
  read = read_folder(data_directory, "scenarios",
                     [&](std::string_view toml, const std::string& origin) {
                       return keep(parse_scenario(toml, origin), origin, catalog.scenarios_);
                     });
  if (!read) {
    return tl::unexpected(read.error());
  }
  read = read_folder(data_directory, "scenarios/corpora",
                     [&](std::string_view toml, const std::string& origin) {
                       return keep(parse_corpus(toml, origin), origin, catalog.corpora_);
                     });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return catalog;
}

Result<const ToolDefinition*> Catalog::tool(std::string_view name) const {
  return look_up(tools_, name, "tool");
}

Result<const RegistryDefinition*> Catalog::registry(std::string_view name) const {
  return look_up(registries_, name, "registry");
}

Result<const Scenario*> Catalog::scenario(std::string_view name) const {
  return look_up(scenarios_, name, "scenario");
}

Result<const CorpusSpec*> Catalog::corpus(std::string_view name) const {
  return look_up(corpora_, name, "corpus");
}

}  // namespace ocibench::catalog
