#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/catalog/catalog.hpp"
#include "common/catalog/subject_finder.hpp"
#include "common/clock.hpp"
#include "common/error.hpp"
#include "common/file.hpp"

namespace ocibench::coordinator {

/// Runs a command to its end; what it prints goes to stderr. argv[0] is looked up on the PATH.
/// Errors: unavailable when it could not be run or did not end with 0.
using RunCommand = std::function<Result<void>(const std::vector<std::string>& argv)>;

/// On this terminal, with our own environment: proxies and module mirrors are the user's affair.
Result<void> run_on_terminal(const std::vector<std::string>& argv);

/// Installs what definitions describe: Go and Rust programs below a folder of ours, each with a
/// record of what it is; Debian packages with apt-get, where they are missing.
class ToolInstaller {
 public:
  struct Parts {
    const Clock& clock;
    const catalog::Catalog& catalog;
    const catalog::SubjectFinder& finder;
    catalog::ProbeProgram probe;  ///< asks the Go toolchain its version
    RunCommand run;
    std::filesystem::path tools_directory;
    std::string path;  ///< to look for toolchains, like $PATH
  };

  explicit ToolInstaller(Parts parts) : parts_(std::move(parts)) {}

  /// Installs a program and verifies it by its version, unless it is there already. Returns a
  /// sentence for the user. Errors: unavailable (toolchain or download; with what to do), io.
  Result<std::string> install(const catalog::Program& program);

 private:
  Result<std::string> install_package(const catalog::Program& program);
  Result<std::string> build(const catalog::Program& program);
  Result<void> check_toolchain(const catalog::Program& program) const;
  Result<std::string> record(const catalog::Program& program);
  [[nodiscard]] bool is_current(const catalog::Program& program) const;

  Parts parts_;
  std::optional<TemporaryDirectory> scratch_;  // caches that the programs of one call share
};

}  // namespace ocibench::coordinator
