#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/installation.hpp"
#include "common/catalog/quoting.hpp"
#include "common/error.hpp"
#include "common/toml.hpp"

namespace ocibench::catalog {

/// How to learn a program's version.
struct VersionProbe {
  enum class From {
    output,          ///< it is asked; what it says must match the pattern
    install_record,  ///< it cannot tell: what `ocibench tools install` noted beside it
  };

  From from = From::output;
  std::vector<std::string> arguments;  ///< after the binary
  std::string pattern;                 ///< ECMAScript; the first group is the version

  friend bool operator==(const VersionProbe&, const VersionProbe&) = default;
};

/// A file that a program reads, written into its working directory before it starts.
struct FileTemplate {
  std::string name;                       ///< a plain file name
  std::string text;                       ///< mustache
  TextFormat format = TextFormat::lines;  ///< how values are quoted in it

  friend bool operator==(const FileTemplate&, const FileTemplate&) = default;
};

/// What tools and registries have in common: how to find, name and start an executable.
struct Program {
  std::string name;               ///< of the file too: competitors/<name>.toml
  std::string origin;             ///< the file, for messages
  std::string definition_sha256;  ///< of the file's bytes
  std::string label;              ///< mustache over {{version}}: "skopeo {{version}} (Debian 12)"
  std::vector<std::string>
      binaries;  ///< names to look up, or absolute paths; the first found is used
  Installation installation;
  std::vector<std::string> needs;  ///< names of tools that it starts: their binaries count too
  std::optional<VersionProbe> version;
  std::vector<FileTemplate> files;
  std::vector<std::string> arguments;                  ///< mustache each, after the binary
  std::map<std::string, std::string> environment;      ///< mustache values; there is no other
  std::map<std::string, std::string> tls_environment;  ///< added where the registries speak TLS
  /// Added where a registry wants credentials, which are in {{state_dir}}/config.json then.
  std::map<std::string, std::string> credentials_environment;
  std::vector<std::string> caveats;  ///< printed before any number of this program
  std::vector<std::string> notes;    ///< settings it needed, and why

  friend bool operator==(const Program&, const Program&) = default;
};

/// The part of a definition that describes its program. Problems are noted in the table's document.
Program read_program(TomlTable& table, std::string origin, std::string_view bytes);

/// Where programs are looked for, in this order.
struct ProgramPlaces {
  std::filesystem::path tools_directory;  ///< of `ocibench tools install`; empty: none
  std::filesystem::path own_directory;    ///< where our own executable is; empty: none
  std::string path;                       ///< like $PATH; relative parts of it are ignored
};

/// Where `ocibench tools install` puts a program's binary.
std::filesystem::path installed_folder(const std::filesystem::path& tools_directory,
                                       const std::string& name);

/// The first of the program's binaries that is an executable file.
/// Errors: unavailable, with how to install it, or whom not to trust with it: see find_distrust().
Result<std::filesystem::path> find_binary(const Program& program, const ProgramPlaces& places);

inline constexpr std::size_t kMaxVersionOutput = 4096;

/// The version in what the probe printed (of which the first kMaxVersionOutput bytes count);
/// nullopt when the pattern does not match. Requires: program.version, from its output.
std::optional<std::string> match_version(const Program& program, std::string_view output);

/// The label with the version filled in; an empty version leaves no double space behind.
/// `needed`: versions of what the program needs, by name.
std::string render_label(const Program& program, std::string_view version,
                         const std::map<std::string, std::string>& needed = {});

}  // namespace ocibench::catalog
