#include "common/text.hpp"

#include <algorithm>

#include "common/error.hpp"

namespace ocibench {
namespace {

/// At most `max_bytes` of a text, and no part of a UTF-8 sequence.
std::string_view beginning(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return text;
  }
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return copy;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string printable(std::string_view text, std::size_t max_bytes, char mark) {
  std::string shown(beginning(text, max_bytes));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    const auto next = static_cast<unsigned char>(i + 1 < shown.size() ? shown[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f) {
      shown[i] = mark;
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {  // U+009B is CSI to some terminals
      shown[i] = mark;
      shown[++i] = mark;
    }
  }
  return shown;
}

bool is_plain_name(std::string_view text) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kMaxPlainNameBytes && is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

std::string clip(std::string_view text, std::size_t max_bytes) {
  OCIBENCH_ASSERT(max_bytes >= kEllipsis.size());
  if (text.size() <= max_bytes) {
    return std::string(text);
  }
  return std::string(beginning(text, max_bytes - kEllipsis.size())).append(kEllipsis);
}

}  // namespace ocibench
