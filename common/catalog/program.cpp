#include "common/catalog/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/catalog/pattern.hpp"
#include "common/catalog/template.hpp"
#include "common/sha256.hpp"
#include "common/trust.hpp"

namespace ocibench::catalog {
namespace {

namespace fs = std::filesystem;

std::optional<VersionProbe> read_version_probe(TomlTable& table) {
  auto probe_table = table.optional_table("version");
  if (!probe_table) {
    return std::nullopt;
  }
  if (probe_table->optional_choice("from", {"output", "install-record"}) == "install-record") {
    return VersionProbe{.from = VersionProbe::From::install_record};
  }
  return VersionProbe{.arguments = probe_table->texts("arguments"),
                      .pattern = Pattern::read(*probe_table, "pattern", "the version")};
}

/// The key says it, else the end of the file's name.
TextFormat read_format(TomlTable& entry, const std::string& name) {
  const auto told = entry.optional_choice("format", {"yaml", "json", "lines"});
  if (told) {
    return *told == "yaml"   ? TextFormat::yaml
           : *told == "json" ? TextFormat::json
                             : TextFormat::lines;
  }
  const std::optional<TextFormat> known = format_of_file(name);
  if (!known) {
    entry.problem("name", fmt::format("key `name`: what reads {} cannot be told from its end: add "
                                      "format = \"yaml\", \"json\" or \"lines\", which says how "
                                      "values are quoted",
                                      name));
  }
  return known.value_or(TextFormat::lines);
}

std::vector<FileTemplate> read_templates(TomlTable& table) {
  std::vector<FileTemplate> files;
  for (TomlTable& entry : table.optional_tables("files")) {
    FileTemplate file{.name = entry.text("name"), .text = entry.text("text")};
    file.format = read_format(entry, file.name);
    if (file.name.empty() || file.name.front() == '.' || file.name.find('/') != std::string::npos) {
      entry.problem("name", fmt::format("key `name`: \"{}\" is not a plain file name", file.name));
    }
    files.push_back(std::move(file));
  }
  return files;
}

TemplateValues label_values(std::string_view version,
                            const std::map<std::string, std::string>& needed) {
  TemplateValues values{.texts = {{"version", std::string(version)}}};
  for (const auto& [name, needed_version] : needed) {
    values.texts.emplace(name + "_version", needed_version);
  }
  return values;
}

bool is_executable_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

/// Every folder in which a program may be, in order.
std::vector<fs::path> folders_of(const ProgramPlaces& places, const std::string& name) {
  std::vector<fs::path> folders;
  if (!places.tools_directory.empty()) {
    folders.push_back(installed_folder(places.tools_directory, name));
  }
  folders.push_back(places.own_directory);
  for (std::string_view path = places.path; !path.empty();) {
    const auto colon = path.find(':');
    folders.emplace_back(path.substr(0, colon));
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
  }
  std::erase_if(folders, [](const fs::path& folder) { return !folder.is_absolute(); });
  return folders;
}

/// What is found is executed, and not passed over for what comes later on the PATH.
Result<fs::path> trusted(const Program& program, fs::path binary) {
  if (const auto distrust = find_distrust(binary)) {
    return fail(ErrorCode::unavailable,
                fmt::format("{}: {} is not run: {}", program.name, binary.string(), *distrust));
  }
  return binary;
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
  program.installation = read_installation(table);
  program.needs = table.optional_texts("needs");
  program.version = read_version_probe(table);
  program.files = read_templates(table);
  program.arguments = table.optional_texts("arguments");
  program.environment = table.optional_text_map("environment");
  program.tls_environment = table.optional_text_map("tls_environment");
  program.credentials_environment = table.optional_text_map("credentials_environment");
  program.caveats = table.optional_texts("caveats");
  program.notes = table.optional_texts("notes");
  std::map<std::string, std::string> versions;
  for (const std::string& name : program.needs) {
    versions.emplace(name, "1");
  }
  const auto label = render_template(program.label, "label", label_values("1", versions));
  if (!label) {
    table.problem("label", label.error().message);
  }
  return program;
}

fs::path installed_folder(const fs::path& tools_directory, const std::string& name) {
  return tools_directory / name / "bin";
}

Result<fs::path> find_binary(const Program& program, const ProgramPlaces& places) {
  const std::vector<fs::path> folders = folders_of(places, program.name);
  for (const std::string& binary : program.binaries) {
    if (fs::path(binary).is_absolute() && is_executable_file(binary)) {
      return trusted(program, binary);
    }
    for (const fs::path& folder : folders) {
      if (is_executable_file(folder / binary)) {
        return trusted(program, folder / binary);
      }
    }
  }
  const bool built = program.installation.method == Installation::Method::go ||
                     program.installation.method == Installation::Method::cargo;
  return fail(ErrorCode::unavailable,
              fmt::format("{}: no executable {} on the PATH; to install it: {}", program.name,
                          fmt::join(program.binaries, " or "),
                          built ? "ocibench tools install " + program.name
                                : install_line(program.installation)));
}

std::optional<std::string> match_version(const Program& program, std::string_view output) {
  OCIBENCH_ASSERT(program.version && program.version->from == VersionProbe::From::output);
  return Pattern(program.version->pattern)
      .first_group(std::string(output.substr(0, kMaxVersionOutput)));
}

std::string render_label(const Program& program, std::string_view version,
                         const std::map<std::string, std::string>& needed) {
  const auto label = render_template(program.label, program.origin, label_values(version, needed));
  OCIBENCH_ASSERT(label.has_value());  // read_program tried it
  std::string text = *label;
  if (const auto gap = text.find("  "); version.empty() && gap != std::string::npos) {
    text.erase(gap, 1);
  }
  return text;
}

}  // namespace ocibench::catalog
