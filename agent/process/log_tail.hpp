#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ocibench::agent {

/// Remembers the end of a stream of bytes in bounded memory, whatever the stream contains.
class LogTail {
 public:
  static constexpr std::size_t kMaxLines = 20;
  static constexpr std::size_t kMaxLineBytes = 500;

  void append(std::string_view bytes);
  /// The last kMaxLines lines that are not empty, each valid UTF-8 of at most kMaxLineBytes bytes
  /// and free of control characters: what is not is replaced by '?'.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::string bytes_;
};

}  // namespace ocibench::agent
