#include "common/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ocibench {
namespace {

std::string three_digits(double value) {
  if (value >= 99.95) {
    return fmt::format("{:.0f}", value);
  }
  return value >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

double to_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000.0;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(value), kUnits.at(unit));
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const double seconds = to_seconds(duration);
  if (seconds < 0.9995e-3) {
    return fmt::format("{} us", three_digits(seconds * 1e6));
  }
  if (seconds < 0.9995) {
    return fmt::format("{} ms", three_digits(seconds * 1e3));
  }
  if (seconds < 120.0) {
    return fmt::format("{} s", three_digits(seconds));
  }
  const auto whole = static_cast<long long>(std::llround(seconds));
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> kUnits = {
      {{"", 1},
       {"B", 1},
       {"kB", 1000},
       {"MB", kMB},
       {"GB", 1000 * kMB},
       {"KiB", kKiB},
       {"MiB", kMiB},
       {"GiB", 1024 * kMiB}}};
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  const auto* const unit =
      std::ranges::find(kUnits, text, &std::pair<std::string_view, std::uint64_t>::first);
  if (unit == kUnits.end() || count > std::numeric_limits<std::uint64_t>::max() / unit->second) {
    return std::nullopt;
  }
  return count * unit->second;
}

}  // namespace ocibench
