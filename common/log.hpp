#pragma once

#include <optional>
#include <string_view>

namespace ocibench {

enum class LogLevel { debug, info, warning, error };
/// By name: debug, info, warning, error.
std::optional<LogLevel> log_level_from(std::string_view name);

enum class LogColour { when_terminal, never };

/// Configures the log of this process, which goes to stderr. Without it: info, colours on a
/// terminal. `program` names the speaker on every line. Call it once, before threads start.
void configure_log(std::string_view program, LogLevel level, LogColour colour);

/// One line each, from any thread. Control characters become '?': peers and tools put text in here.
void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace ocibench
