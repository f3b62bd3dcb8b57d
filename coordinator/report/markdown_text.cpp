#include "coordinator/report/markdown_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/text.hpp"

namespace ocibench::coordinator {

std::string markdown_plain(std::string_view text) {
  static constexpr std::string_view kMarkup = "\\`*[]|<>";
  std::string plain;
  for (const char c : printable(text)) {
    if (kMarkup.find(c) != std::string_view::npos) {
      plain += '\\';
    }
    plain += c;
  }
  return plain;
}

std::string markdown_code(std::string_view text) {
  std::string code;
  for (const char c : printable(text)) {
    // A backtick would end the code, a bar the table cell that it stands in.
    code += c == '`' ? '\'' : c;
    if (c == '|') {
      code.insert(code.size() - 1, 1, '\\');
    }
  }
  return "`" + code + "`";
}

std::string four_digits(double value) {
  if (value == 0) {
    return "0";
  }
  const int before_point = static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  return fmt::format("{:.{}f}", value, std::max(0, 4 - before_point));
}

}  // namespace ocibench::coordinator
