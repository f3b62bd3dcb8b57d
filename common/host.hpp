#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench {

// What this process was started with. The only place that reads the environment: everything else
// gets what it needs as an argument.

/// The authorities that this host trusts, where Debian and its kin keep them.
inline constexpr const char* kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

/// nullopt when unset or empty.
std::optional<std::string> environment_variable(const char* name);

/// All of it, for a program that is to be run as the user would run it.
std::map<std::string, std::string> whole_environment();

std::filesystem::path executable_path();

/// $HOME, else what the user database says; nullopt when neither does.
std::optional<std::filesystem::path> home_directory();

/// $XDG_CACHE_HOME/ocibench, else .cache/ocibench in the home directory. Empty when there is none:
/// then it must be named. Never in a folder in which others may make one first.
std::filesystem::path default_cache_directory();

/// Where `ocibench tools install` puts programs: $XDG_DATA_HOME/ocibench/tools, else
/// .local/share/ocibench/tools in the home directory. Empty as above.
std::filesystem::path default_tools_directory();

/// Errors: usage, when a folder has neither a name nor a default.
Result<void> check_default_folders(const std::filesystem::path& cache_directory,
                                   const std::filesystem::path& tools_directory);

/// This machine as images call it (Go's GOOS/GOARCH): "linux/amd64".
std::string host_platform();

enum class Stream { out, err };
bool is_terminal(Stream stream);
/// Writes out what was printed to stdout. Errors: io (a full disk, a closed pipe), also of what was
/// printed before.
Result<void> flush_output();
/// Columns of the terminal on stderr; 80 where there is none.
int terminal_columns();
/// A terminal on stderr, and NO_COLOR and TERM=dumb absent. https://no-color.org
bool colour_wanted();

/// From now on a write beyond the limit of file sizes fails (EFBIG) instead of ending the process
/// with SIGXFSZ.
void let_writes_beyond_limit_fail();

/// Blocks SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP in this thread and in those it
/// starts later, ignores SIGPIPE, and returns a signalfd that becomes readable instead. Call it
/// before any thread exists. Errors: io.
Result<Fd> watch_stop_signals();

/// 12 random hexadecimal digits, for ids that must not repeat.
std::string random_hex();

}  // namespace ocibench
