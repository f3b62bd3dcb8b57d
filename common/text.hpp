#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ocibench {

/// Bytes of a short text from outside that a message repeats.
inline constexpr std::size_t kLongestQuote = 100;

/// ASCII only, whatever the locale: names of headers, schemes, hosts.
std::string lower_case(std::string_view text);

/// Text from outside, `max_bytes` of it at most, control characters as spaces: fit for a message,
/// and unable to steer a terminal.
std::string printable(std::string_view text, std::size_t max_bytes = std::string_view::npos);

}  // namespace ocibench
