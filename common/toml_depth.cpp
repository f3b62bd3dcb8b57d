#include "common/toml_depth.hpp"

#include <algorithm>

namespace ocibench {
namespace {

/// What closes the string that `toml` starts with, or nothing when no string starts there.
std::string_view closing_quotes(std::string_view toml) {
  for (const std::string_view quotes : {"\"\"\"", "'''", "\"", "'"}) {
    if (toml.starts_with(quotes)) {
      return quotes;
    }
  }
  return {};
}

/// A string of several lines may end in one or two quotes of its own, right before those that
/// close.
std::size_t end_of_string(std::string_view toml, std::size_t closing, std::string_view quotes) {
  std::size_t end = closing + quotes.size();
  for (int extra = 0; quotes.size() > 1 && extra < 2; ++extra) {
    if (end < toml.size() && toml[end] == quotes.front()) {
      ++end;
    }
  }
  return end;
}

/// Bytes of the string that `toml` starts with, its quotes included. Where it has no end, the
/// parser stops at it or before, so that what follows need not be looked at.
std::size_t string_length(std::string_view toml, std::string_view quotes) {
  const bool has_escapes = quotes.front() == '"';
  for (std::size_t at = quotes.size(); at < toml.size(); ++at) {
    if (has_escapes && toml[at] == '\\') {
      ++at;
    } else if (toml.substr(at).starts_with(quotes)) {
      return end_of_string(toml, at, quotes);
    }
  }
  return toml.size();
}

}  // namespace

std::optional<std::uint32_t> line_of_deep_key(std::string_view toml) {
  std::uint32_t line = 1;
  std::size_t parts = 1;
  while (!toml.empty()) {
    std::size_t length = 1;
    if (const std::string_view quotes = closing_quotes(toml); !quotes.empty()) {
      length = string_length(toml, quotes);
    } else if (toml.front() == '#') {
      length = std::min(toml.find('\n'), toml.size());
    } else if (toml.front() == '.') {
      ++parts;
    } else if (std::string_view("=,[]{}\n").find(toml.front()) != std::string_view::npos) {
      parts = 1;
    }
    if (parts > kMaxKeyParts) {
      return line;
    }
    line += static_cast<std::uint32_t>(std::ranges::count(toml.substr(0, length), '\n'));
    toml.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace ocibench
