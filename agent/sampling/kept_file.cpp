#include "agent/sampling/kept_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace ocibench::agent {

KeptFile::KeptFile(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      buffer_(std::make_unique<std::array<char, kMaxBytes>>()) {}

std::optional<std::string_view> KeptFile::read() {
  const ssize_t got = fd_ ? ::pread(fd_.get(), buffer_->data(), buffer_->size(), 0) : -1;
  if (got < 0) {
    return std::nullopt;
  }
  return std::string_view(buffer_->data(), static_cast<std::size_t>(got));
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (word_at(line, 0) == key) {
      return leading_number(word_at(line, 1));
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

std::string_view word_at(std::string_view line, std::size_t index) {
  for (;; --index) {
    const std::size_t begin = line.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) {
      return {};
    }
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\n"));
    if (index == 0) {
      return word;
    }
    line.remove_prefix(word.size());
  }
}

}  // namespace ocibench::agent
