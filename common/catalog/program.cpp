#include "common/catalog/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <regex>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/catalog/template.hpp"
#include "common/sha256.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPatternLength = 200;  // std::regex recurses over its pattern and input

std::optional<VersionProbe> read_version_probe(TomlTable& table) {
  auto probe_table = table.optional_table("version");
  if (!probe_table) {
    return std::nullopt;
  }
  VersionProbe probe{.arguments = probe_table->texts("arguments"),
                     .pattern = probe_table->text("pattern")};
  if (probe.pattern.size() > kMaxPatternLength) {
    probe_table->problem(
        "pattern", fmt::format("key `pattern` is longer than {} characters", kMaxPatternLength));
    return probe;
  }
  try {
    if (std::regex(probe.pattern).mark_count() == 0) {
      probe_table->problem("pattern", "key `pattern` has no group: put (...) around the version");
    }
  } catch (const std::regex_error& error) {
    probe_table->problem("pattern", fmt::format("key `pattern`: {}", error.what()));
  }
  return probe;
}

std::vector<FileTemplate> read_files(TomlTable& table) {
  std::vector<FileTemplate> files;
  for (TomlTable& entry : table.optional_tables("files")) {
    FileTemplate file{.name = entry.text("name"), .text = entry.text("text")};
    if (file.name.empty() || file.name.front() == '.' || file.name.find('/') != std::string::npos) {
      entry.problem("name", fmt::format("key `name`: \"{}\" is not a plain file name", file.name));
    }
    files.push_back(std::move(file));
  }
  return files;
}

bool is_executable_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> find_on_path(const std::string& name, std::string_view path) {
  while (!path.empty()) {
    const auto colon = path.find(':');
    const fs::path folder(path.substr(0, colon));
    if (folder.is_absolute() && is_executable_file(folder / name)) {
      return folder / name;
    }
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  return std::nullopt;
}

}  // namespace

Program read_program(TomlTable& table, std::string origin, std::string_view bytes) {
  table.integer("schema", {.min = 1, .max = 1});
  Program program;
  program.name = table.name("name");
  program.origin = std::move(origin);
  program.definition_sha256 = sha256_hex(bytes);
  program.label = table.text("label");
  program.binaries = table.texts("binaries");
  program.install = table.text("install");
  program.version = read_version_probe(table);
  program.files = read_files(table);
  program.arguments = table.optional_texts("arguments");
  program.environment = table.optional_text_map("environment");
  program.tls_environment = table.optional_text_map("tls_environment");
  program.caveats = table.optional_texts("caveats");
  program.notes = table.optional_texts("notes");
  const auto label = render_template(program.label, "label", {.texts = {{"version", "1"}}});
  if (!label) {
    table.problem("label", label.error().message);
  }
  return program;
}

Result<fs::path> find_binary(const Program& program, std::string_view path) {
  for (const std::string& binary : program.binaries) {
    if (fs::path(binary).is_absolute()) {
      if (is_executable_file(binary)) {
        return fs::path(binary);
      }
    } else if (auto found = find_on_path(binary, path)) {
      return *std::move(found);
    }
  }
  return fail(ErrorCode::unavailable,
              fmt::format("{}: no executable {} on the PATH; to install it: {}", program.name,
                          fmt::join(program.binaries, " or "), program.install));
}

std::optional<std::string> match_version(const Program& program, std::string_view output) {
  OCIBENCH_ASSERT(program.version.has_value());
  const std::string text(output.substr(0, kMaxVersionOutput));
  try {
    std::smatch match;
    if (std::regex_search(text, match, std::regex(program.version->pattern)) && match.size() > 1) {
      return match[1].str();
    }
  } catch (const std::regex_error&) {
    return std::nullopt;  // too complex for this output: as good as no match
  }
  return std::nullopt;
}

std::string render_label(const Program& program, std::string_view version) {
  const auto label = render_template(program.label, program.origin,
                                     {.texts = {{"version", std::string(version)}}});
  OCIBENCH_ASSERT(label.has_value());  // read_program tried it
  std::string text = *label;
  if (const auto gap = text.find("  "); version.empty() && gap != std::string::npos) {
    text.erase(gap, 1);
  }
  return text;
}

}  // namespace ocibench::catalog
