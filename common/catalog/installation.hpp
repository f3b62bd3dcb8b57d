#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/toml.hpp"

namespace ocibench::catalog {

/// How a program comes onto a machine. Go programs are built without cgo, so that the same source
/// gives the same program whatever compiler is there.
struct Installation {
  enum class Method { apt, go, cargo, manual };

  Method method = Method::manual;
  std::string what;               ///< package, Go path, crate; for manual: a sentence
  std::string version;            ///< go and cargo: pinned, "v0.21.9"; else empty
  std::string revision;           ///< what is asked for where that is not the version's own name
  std::string repository;         ///< cargo: the git repository that holds the crate
  std::vector<std::string> tags;  ///< go: build tags; cargo: features instead of the default ones

  friend bool operator==(const Installation&, const Installation&) = default;
};

/// Reads the table `install`. Problems are noted in the table's document.
Installation read_installation(TomlTable& root);

/// The command as a person would type it, or the sentence of a manual one.
std::string install_line(const Installation& installation);

/// The command as it is run. Go and cargo put the program into `folder`/bin and everything else
/// that they write below `scratch`; apt takes the system. Requires: not manual.
std::vector<std::string> install_command(const Installation& installation,
                                         const std::filesystem::path& folder,
                                         const std::filesystem::path& scratch);

/// What `ocibench tools install` did, kept as installed.json beside the program: some programs
/// cannot tell their version.
struct InstallRecord {
  std::string tool;
  std::string line;
  std::string version;
  std::string sha256;  ///< of the program
  std::string installed_at;

  friend bool operator==(const InstallRecord&, const InstallRecord&) = default;
};

/// Errors: io.
Result<void> write_install_record(const std::filesystem::path& binary, const InstallRecord& record);
/// Errors: not_found, io, bad_input.
Result<InstallRecord> read_install_record(const std::filesystem::path& binary);

}  // namespace ocibench::catalog
