#include "common/catalog/pattern.hpp"

#include <fmt/format.h>

namespace ocibench::catalog {
namespace {

constexpr std::size_t kMaxPatternLength = 200;

}  // namespace

std::string Pattern::read(TomlTable& table, std::string_view key, std::string_view wanted) {
  const std::string expression = table.text(key);
  if (expression.size() > kMaxPatternLength) {
    table.problem(key,
                  fmt::format("key `{}` is longer than {} characters", key, kMaxPatternLength));
    return expression;
  }
  try {
    if (std::regex(expression).mark_count() == 0) {
      table.problem(key, fmt::format("key `{}` has no group: put (...) around {}", key, wanted));
    }
  } catch (const std::regex_error& error) {
    table.problem(key, fmt::format("key `{}`: {}", key, error.what()));
  }
  return expression;
}

std::optional<std::string> Pattern::first_group(const std::string& text) const {
  try {
    std::smatch match;
    if (std::regex_search(text, match, regex_) && match.size() > 1) {
      return match[1].str();
    }
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace ocibench::catalog
