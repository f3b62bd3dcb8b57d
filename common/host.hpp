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

/// $XDG_CACHE_HOME/ocibench, else $HOME/.cache/ocibench, else a folder of the temporary directory.
std::filesystem::path default_cache_directory();

/// Where `ocibench tools install` puts programs: $XDG_DATA_HOME/ocibench/tools, else
/// $HOME/.local/share/ocibench/tools, else a folder of the temporary directory.
std::filesystem::path default_tools_directory();

/// This machine as images call it (Go's GOOS/GOARCH): "linux/amd64".
std::string host_platform();

enum class Stream { out, err };
bool is_terminal(Stream stream);
/// Columns of the terminal on stderr; 80 where there is none.
int terminal_columns();
/// A terminal on stderr, and NO_COLOR and TERM=dumb absent. https://no-color.org
bool colour_wanted();

/// Blocks SIGINT and SIGTERM in this thread and in those it starts later, ignores SIGPIPE, and
/// returns a signalfd that becomes readable instead. Call it before any thread exists. Errors: io.
Result<Fd> watch_stop_signals();

/// 12 random hexadecimal digits, for ids that must not repeat.
std::string random_hex();

}  // namespace ocibench
