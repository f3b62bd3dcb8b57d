#include "agent/subject.hpp"

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/sha256.hpp"

namespace ocibench::agent {
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

Result<std::string> probe_version(const catalog::Program& program,
                                  const std::filesystem::path& binary, const ProbeProgram& probe) {
  if (!program.version) {
    return std::string();
  }
  std::vector<std::string> argv = {binary.string()};
  argv.insert(argv.end(), program.version->arguments.begin(), program.version->arguments.end());
  const Result<std::string> output = probe(argv);
  if (!output) {
    return fail(ErrorCode::unavailable, fmt::format("{} cannot tell its version: {}", program.name,
                                                    output.error().message));
  }
  return catalog::match_version(program, *output).value_or("");
}

}  // namespace

SubjectFinder::SubjectFinder(std::string path, ProbeProgram probe)
    : path_(std::move(path)), probe_(std::move(probe)) {}

Result<FoundProgram> SubjectFinder::find(const catalog::Program& program) const {
  Result<std::filesystem::path> binary = catalog::find_binary(program, path_);
  if (!binary) {
    return tl::unexpected(std::move(binary.error()));
  }
  Result<std::string> version = probe_version(program, *binary, probe_);
  if (!version) {
    return tl::unexpected(std::move(version.error()));
  }
  Result<BinaryIdentity> identity = identify_binary(*binary);
  if (!identity) {
    return tl::unexpected(std::move(identity.error()));
  }
  return FoundProgram{.binary = std::move(*binary),
                      .identity = {.name = program.name,
                                   .label = catalog::render_label(program, *version),
                                   .version = std::move(*version),
                                   .binaries = {std::move(*identity)}}};
}

std::vector<protocol::ToolOffer> probe_catalog(const catalog::Catalog& catalog,
                                               const SubjectFinder& finder) {
  std::vector<protocol::ToolOffer> offers;
  for (const auto& [name, tool] : catalog.tools()) {
    const Result<FoundProgram> found = finder.find(tool.program);
    offers.push_back({.name = name,
                      .definition_sha256 = tool.program.definition_sha256,
                      .usable = found.has_value(),
                      .version = found ? found->identity.version : "",
                      .reason = found ? "" : found.error().message});
  }
  return offers;
}

SubjectIdentity with_command(SubjectIdentity identity, const catalog::RenderedCommand& command) {
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

}  // namespace ocibench::agent
