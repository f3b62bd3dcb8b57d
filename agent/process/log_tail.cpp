#include "agent/process/log_tail.hpp"

#include <algorithm>

namespace ocibench::agent {
namespace {

constexpr std::size_t kKept = LogTail::kMaxLines * LogTail::kMaxLineBytes;

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

/// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text) {
  const unsigned char lead = byte_at(text, 0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xC2 && lead <= 0xDF ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte_at(text, index) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const unsigned char second = length > 1 ? byte_at(text, 1) : 0;
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

std::string shown_line(std::string_view line) {
  std::string clean;
  while (!line.empty()) {
    const std::size_t length = sequence_length(line);
    if (clean.size() + std::max<std::size_t>(length, 1) > LogTail::kMaxLineBytes) {
      break;
    }
    const bool control = length == 1 && (byte_at(line, 0) < 0x20 || line[0] == 0x7F);
    if (length == 0 || (control && line[0] != '\t')) {
      clean.push_back('?');
    } else {
      clean.append(line.substr(0, length));
    }
    line.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

}  // namespace

void LogTail::append(std::string_view bytes) {
  bytes_.append(bytes.substr(bytes.size() - std::min(bytes.size(), 2 * kKept)));
  if (bytes_.size() > 2 * kKept) {
    bytes_.erase(0, bytes_.size() - kKept);
  }
}

std::vector<std::string> LogTail::lines() const {
  std::vector<std::string> lines;
  std::string_view rest = bytes_;
  while (!rest.empty() && lines.size() < kMaxLines) {
    const std::size_t newline = rest.find_last_of("\r\n");
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (begin < rest.size()) {
      lines.push_back(shown_line(rest.substr(begin)));
    }
    rest = rest.substr(0, newline == std::string_view::npos ? 0 : newline);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace ocibench::agent
