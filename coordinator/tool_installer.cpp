#include "coordinator/tool_installer.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/catalog/installation.hpp"
#include "common/folder.hpp"
#include "common/log.hpp"
#include "common/sha256.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;
using Method = catalog::Installation::Method;

/// From here on Go fetches by itself the toolchain that a module asks for.
constexpr int kMinGoMinor = 21;

/// "go1.26.8" -> 26; -1 for anything else.
int go_minor(const std::string& version) {
  constexpr std::string_view kPrefix = "go1.";
  const auto at = version.find(kPrefix);
  int minor = -1;
  if (at != std::string::npos) {
    const char* const digits = version.data() + at + kPrefix.size();
    std::from_chars(digits, version.data() + version.size(), minor);
  }
  return minor;
}

Result<fs::path> find_toolchain(const std::string& name, const std::string& path) {
  return catalog::find_binary({.name = name, .binaries = {name}}, {.path = path});
}

}  // namespace

Result<void> run_on_terminal(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& word : argv) {
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: posix_spawn does not write to it
  }
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words.front(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(ErrorCode::unavailable, fmt::format("cannot run {}: {}", argv.front(),
                                                    std::generic_category().message(error)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  return fail(ErrorCode::unavailable, WIFEXITED(status)
                                          ? fmt::format("it ended with {}", WEXITSTATUS(status))
                                          : fmt::format("it ended by signal {}", WTERMSIG(status)));
}

Result<std::string> ToolInstaller::install(const catalog::Program& program) {
  switch (program.installation.method) {
    case Method::apt: return install_package(program);
    case Method::go:
    case Method::cargo: return build(program);
    case Method::manual: break;
  }
  return fail(ErrorCode::unavailable, fmt::format("{} cannot be installed by a command: {}",
                                                  program.name, program.installation.what));
}

Result<std::string> ToolInstaller::install_package(const catalog::Program& program) {
  if (auto found = parts_.finder.find(program)) {
    return fmt::format("{}: already there, {}", program.name, found->binary.string());
  }
  std::vector<std::string> argv = catalog::install_command(program.installation, {}, {});
  if (::geteuid() != 0) {
    argv.insert(argv.begin(), "sudo");
  }
  log_info(fmt::format("{} is a package of Debian; as root: {}", program.name,
                       catalog::install_line(program.installation)));
  if (auto done = parts_.run(argv); !done) {
    return fail(done.error(), catalog::install_line(program.installation));
  }
  return parts_.finder.find(program).map([&](const catalog::FoundProgram& found) {
    return fmt::format("{}: installed, {}", program.name, found.binary.string());
  });
}

Result<std::string> ToolInstaller::build(const catalog::Program& program) {
  if (is_current(program)) {
    return fmt::format("{}: already there, {}", program.name,
                       catalog::installed_folder(parts_.tools_directory, program.name).string());
  }
  if (auto ready = check_toolchain(program); !ready) {
    return tl::unexpected(ready.error());
  }
  std::error_code error;
  fs::create_directories(parts_.tools_directory, error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot create {}: {}", parts_.tools_directory.string(),
                                           error.message()));
  }
  if (!scratch_) {
    remove_abandoned(parts_.tools_directory, ".building-");
    auto scratch = TemporaryDirectory::create(parts_.tools_directory, ".building-");
    if (!scratch) {
      return tl::unexpected(scratch.error());
    }
    scratch_ = std::move(*scratch);
  }
  const std::string line = catalog::install_line(program.installation);
  log_info(fmt::format("{}: {}", program.name, line));
  auto done = parts_.run(catalog::install_command(
      program.installation, parts_.tools_directory / program.name, scratch_->path()));
  if (!done) {
    return fail(done.error(), line);
  }
  return record(program);
}

Result<void> ToolInstaller::check_toolchain(const catalog::Program& program) const {
  if (program.installation.method == Method::cargo) {
    return find_toolchain("cargo", parts_.path)
               ? Result<void>()
               : fail(ErrorCode::unavailable,
                      fmt::format("{} is written in Rust and there is no cargo on the PATH; get it "
                                  "from https://rustup.rs, or put the program {} on the PATH",
                                  program.name, fmt::join(program.binaries, " or ")));
  }
  const auto go = find_toolchain("go", parts_.path);
  const auto version = go ? parts_.probe({go->string(), "env", "GOVERSION"})
                          : Result<std::string>(tl::unexpected(go.error()));
  if (version && go_minor(*version) >= kMinGoMinor) {
    return {};
  }
  return fail(
      ErrorCode::unavailable,
      fmt::format("{} is written in Go and needs Go 1.{} or later, which fetches the version that "
                  "the tool asks for; {}. Get it from https://go.dev/dl, or from "
                  "bookworm-backports: apt-get install -t bookworm-backports golang-go",
                  program.name, kMinGoMinor,
                  version ? "here is " + *version : std::string("there is none on the PATH")));
}

bool ToolInstaller::is_current(const catalog::Program& program) const {
  const auto binary = catalog::find_binary(program, {.tools_directory = parts_.tools_directory});
  if (!binary) {
    return false;
  }
  const auto record = catalog::read_install_record(*binary);
  return record && record->line == catalog::install_line(program.installation) &&
         sha256_hex_of_file(*binary) == record->sha256;
}

Result<std::string> ToolInstaller::record(const catalog::Program& program) {
  const auto binary = catalog::find_binary(program, {.tools_directory = parts_.tools_directory});
  if (!binary) {
    return tl::unexpected(binary.error());
  }
  std::error_code ignored;  // tools run as another user where the agent is root
  fs::permissions(*binary,
                  fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read |
                      fs::perms::others_exec,
                  fs::perm_options::add, ignored);
  auto sha256 = sha256_hex_of_file(*binary);
  if (!sha256) {
    return tl::unexpected(sha256.error());
  }
  std::string version = program.installation.version;
  if (version.starts_with('v')) {
    version.erase(0, 1);
  }
  auto written =
      catalog::write_install_record(*binary, {.tool = program.name,
                                              .line = catalog::install_line(program.installation),
                                              .version = std::move(version),
                                              .sha256 = std::move(*sha256),
                                              .installed_at = format_rfc3339(parts_.clock.wall())});
  if (!written) {
    return tl::unexpected(written.error());
  }
  const auto tool = parts_.catalog.tool(program.name);
  const auto found =
      tool ? parts_.finder.find(parts_.catalog, **tool) : parts_.finder.find(program);
  return found.map([&](const catalog::FoundProgram& subject) {
    return fmt::format("{}: installed {}, {}", program.name, subject.identity.label,
                       subject.binary.string());
  });
}

}  // namespace ocibench::coordinator
