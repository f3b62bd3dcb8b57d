#include "common/log.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "common/text.hpp"

namespace ocibench {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> kInstance = spdlog::stderr_color_mt("ocibench");
  return *kInstance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

void write(LogLevel level, std::string_view message) {
  logger().log(level_of(level), "{}", printable(message, message.size(), '?'));
}

}  // namespace

std::optional<LogLevel> log_level_from(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {
      {{"debug", LogLevel::debug},
       {"info", LogLevel::info},
       {"warning", LogLevel::warning},
       {"error", LogLevel::error}}};
  for (const auto& [known, level] : kLevels) {
    if (known == name) {
      return level;
    }
  }
  return std::nullopt;
}

void configure_log(std::string_view program, LogLevel level, LogColour colour) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      colour == LogColour::never ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  logger().sinks() = {std::move(sink)};
  logger().set_level(level_of(level));
  logger().set_pattern(std::string(program) + ": %T.%e %^%l%$: %v");
  logger().flush_on(spdlog::level::debug);
}

void log_debug(std::string_view message) { write(LogLevel::debug, message); }
void log_info(std::string_view message) { write(LogLevel::info, message); }
void log_warning(std::string_view message) { write(LogLevel::warning, message); }
void log_error(std::string_view message) { write(LogLevel::error, message); }

}  // namespace ocibench
