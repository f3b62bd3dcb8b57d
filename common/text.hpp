#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ocibench {

/// 0 to 9, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of a short text from outside that a message repeats.
inline constexpr std::size_t kLongestQuote = 100;

/// ASCII only, whatever the locale: names of headers, schemes, hosts.
std::string lower_case(std::string_view text);

/// Without the blanks, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

/// Text from outside, `max_bytes` of it at most, each control character (of ASCII, and U+0080 to
/// U+009F) as `mark`: fit for a message, and unable to steer a terminal.
std::string printable(std::string_view text, std::size_t max_bytes = std::string_view::npos,
                      char mark = ' ');

/// What stands at the end of a text of which something was cut off.
inline constexpr std::string_view kEllipsis = "...";

/// `text` in `max_bytes` at most: of a longer one its beginning and kEllipsis. A UTF-8 sequence is
/// not cut in two. Requires: `max_bytes` has room for kEllipsis.
std::string clip(std::string_view text, std::size_t max_bytes);

inline constexpr std::size_t kMaxPlainNameBytes = 64;
/// What definitions, campaigns and corpora are called: a-z, 0-9 and '-', a letter or digit first.
bool is_plain_name(std::string_view text);

}  // namespace ocibench
