#include "common/hex.hpp"

#include <charconv>

namespace ocibench {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4U];
    text += kDigits[value & 0xFU];
  }
  return text;
}

Result<std::string> from_hex(std::string_view digits) {
  std::string bytes;
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
    if (error != std::errc{} || end != digits.data() + 2) {
      break;
    }
    bytes += static_cast<char>(value);
  }
  if (!digits.empty()) {
    return fail(ErrorCode::bad_input, "is not hexadecimal");
  }
  return bytes;
}

}  // namespace ocibench
