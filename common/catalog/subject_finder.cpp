#include "common/catalog/subject_finder.hpp"

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/catalog/installation.hpp"
#include "common/sha256.hpp"

namespace ocibench::catalog {
namespace {

constexpr std::string_view kPlainCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

/// As a POSIX shell reads it back.
std::string shell_quoted(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(kPlainCharacters) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char character : word) {
    quoted += character == '\'' ? std::string("'\\''") : std::string(1, character);
  }
  return quoted + "'";
}

Result<BinaryIdentity> identify_binary(const std::filesystem::path& binary) {
  Result<std::string> sha256 = sha256_hex_of_file(binary);
  if (!sha256) {
    return fail(sha256.error(), "identifying the program");
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(binary, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot read {}: {}", binary.string(), error.message()));
  }
  return BinaryIdentity{.path = binary.string(), .sha256 = std::move(*sha256), .size_bytes = size};
}

constexpr std::size_t kShaDigitsShown = 12;

/// What was noted at its installation, if it is still the same program.
std::string recorded_version(const BinaryIdentity& binary) {
  const Result<InstallRecord> record = read_install_record(binary.path);
  if (record && record->sha256 == binary.sha256) {
    return record->version;
  }
  return fmt::format("of unknown version (sha256 {})", binary.sha256.substr(0, kShaDigitsShown));
}

}  // namespace

SubjectFinder::SubjectFinder(ProgramPlaces places, ProbeProgram probe)
    : places_(std::move(places)), probe_(std::move(probe)) {}

Result<std::string> SubjectFinder::version_of(const Program& program,
                                              const BinaryIdentity& binary) const {
  if (!program.version) {
    return std::string();
  }
  if (program.version->from == VersionProbe::From::install_record) {
    return recorded_version(binary);
  }
  std::vector<std::string> argv = {binary.path};
  argv.insert(argv.end(), program.version->arguments.begin(), program.version->arguments.end());
  const Result<std::string> output = probe_(argv);
  if (!output) {
    return fail(ErrorCode::unavailable, fmt::format("{} cannot tell its version: {}", program.name,
                                                    output.error().message));
  }
  if (auto version = match_version(program, *output)) {
    return *std::move(version);
  }
  return fail(ErrorCode::unavailable,
              fmt::format("{}: {} does not tell its version as {} expects; it was asked with `{}`",
                          program.name, binary.path, program.origin,
                          fmt::join(program.version->arguments, " ")));
}

Result<FoundProgram> SubjectFinder::identify(const Program& program) const {
  Result<std::filesystem::path> binary = find_binary(program, places_);
  if (!binary) {
    return tl::unexpected(std::move(binary.error()));
  }
  Result<BinaryIdentity> identity = identify_binary(*binary);
  if (!identity) {
    return tl::unexpected(std::move(identity.error()));
  }
  Result<std::string> version = version_of(program, *identity);
  if (!version) {
    return tl::unexpected(std::move(version.error()));
  }
  return FoundProgram{.binary = std::move(*binary),
                      .identity = {.name = program.name,
                                   .version = std::move(*version),
                                   .binaries = {std::move(*identity)}}};
}

Result<FoundProgram> SubjectFinder::find(const Program& program) const {
  return identify(program).map([&](FoundProgram found) {
    found.identity.label = render_label(program, found.identity.version);
    return found;
  });
}

Result<FoundProgram> SubjectFinder::find(const Catalog& catalog, const ToolDefinition& tool) const {
  Result<FoundProgram> found = identify(tool.program);
  if (!found) {
    return found;
  }
  std::map<std::string, std::string> versions;
  for (const std::string& name : tool.program.needs) {
    const Result<const ToolDefinition*> definition = catalog.tool(name);
    Result<FoundProgram> needed =
        definition ? identify((*definition)->program) : tl::unexpected(definition.error());
    if (!needed) {
      return fail(needed.error(), fmt::format("{} needs {}", tool.program.name, name));
    }
    versions.emplace(name, needed->identity.version);
    found->needed.emplace(name, needed->binary);
    found->identity.binaries.push_back(std::move(needed->identity.binaries.front()));
  }
  found->identity.label = render_label(tool.program, found->identity.version, versions);
  return found;
}

SubjectIdentity with_command(SubjectIdentity identity, const RenderedCommand& command) {
  identity.command.clear();
  for (const std::string& word : command.argv) {
    identity.command += (identity.command.empty() ? "" : " ") + shell_quoted(word);
  }
  identity.config_text.clear();
  for (const auto& [name, text] : command.files) {
    identity.config_text += command.files.size() > 1 ? fmt::format("# {}\n{}", name, text) : text;
  }
  return identity;
}

}  // namespace ocibench::catalog
