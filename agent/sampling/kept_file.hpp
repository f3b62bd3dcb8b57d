#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "common/fd.hpp"

namespace ocibench::agent {

/// A small file of /proc, /sys or a cgroup that is read again and again: the descriptor is kept
/// and reads don't allocate. A file that is not there reads as nullopt.
class KeptFile {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  explicit KeptFile(const std::filesystem::path& path);

  /// At most kMaxBytes from the start; valid until the next read().
  std::optional<std::string_view> read();

 private:
  Fd fd_;
  std::unique_ptr<std::array<char, kMaxBytes>> buffer_;
};

/// The number that the text starts with.
std::optional<std::uint64_t> leading_number(std::string_view text);

/// The number behind `key` and blanks at the start of a line: cpu.stat, memory.stat.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view key);

/// The `index`th blank-separated word of a line, counted from 0; empty when there are fewer.
std::string_view word_at(std::string_view line, std::size_t index);

}  // namespace ocibench::agent
