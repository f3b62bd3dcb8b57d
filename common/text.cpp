#include "common/text.hpp"

#include <algorithm>

namespace ocibench {

std::string lower_case(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return copy;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string shown(text.substr(0, max_bytes));
  std::ranges::replace_if(
      shown, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }, ' ');
  return shown;
}

}  // namespace ocibench
