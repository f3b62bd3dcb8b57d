#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocibench {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kMB = 1'000'000;
inline constexpr double kBytesPerMB = 1e6;  ///< to divide measured bytes by

/// Seconds as a double, for output and arithmetic on results.
double to_seconds(std::chrono::nanoseconds duration);

/// Three significant digits, decimal units: "987 B", "24.3 MB", "1.04 GB".
std::string format_bytes(std::uint64_t bytes);
/// "1 image", "2 images".
std::string plural(std::uint64_t count, std::string_view noun);
/// The inverse, for what people type: "40 MB", "1 GiB", "512". A whole number, then B, kB, MB, GB,
/// KiB, MiB or GiB. nullopt when it is none or above what 64 bits hold.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// Three significant digits: "840 us", "12.4 ms", "3.07 s", "2 min 5 s".
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace ocibench
