#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ocibench {

/// Parts of a dotted key or of a table's name. Each is a table inside the one before, and a parser
/// that builds and frees them recursively must not meet hundreds of thousands.
inline constexpr std::size_t kMaxKeyParts = 32;
/// Arrays and inline tables inside each other.
inline constexpr std::size_t kMaxNestedValues = 32;

/// The line (from 1) where a key of `toml` has more than kMaxKeyParts, or nothing. Knows strings
/// and comments; other errors are the parser's to find. Linear in the text.
std::optional<std::uint32_t> line_of_deep_key(std::string_view toml);

}  // namespace ocibench
