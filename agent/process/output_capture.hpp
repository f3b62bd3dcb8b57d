#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/process/log_tail.hpp"
#include "common/error.hpp"
#include "common/fd.hpp"
#include "common/process/spawn.hpp"

namespace ocibench::agent {

/// Takes one output stream of a tool. While the tool runs, bytes go raw into a nameless file beside
/// the log; compressing them is left to finish(), after the measured window.
class OutputCapture {
 public:
  /// Errors: io.
  static Result<OutputCapture> open(std::filesystem::path log, std::uint64_t max_bytes);

  /// For the child.
  [[nodiscard]] int write_end() const { return pipe_.write_end.get(); }
  void close_write_end() { pipe_.write_end.reset(); }
  /// For poll; -1 once the stream has ended.
  [[nodiscard]] int fd() const { return pipe_.read_end.get(); }

  /// Reads what is there, at most kMaxPerDrain bytes, without blocking.
  void drain();
  /// Takes what is left in the pipe, waits for nobody, and writes the compressed log. A log that
  /// was cut says so in its last line. Errors: io.
  Result<void> finish();

  [[nodiscard]] std::uint64_t bytes() const { return produced_; }
  [[nodiscard]] std::vector<std::string> last_lines() const { return tail_.lines(); }

 private:
  static constexpr std::size_t kMaxPerDrain = 1024 * 1024;

  OutputCapture(std::filesystem::path log, std::uint64_t max_bytes, Pipe pipe, Fd raw);
  void keep(std::string_view bytes);

  std::filesystem::path log_;
  std::uint64_t max_bytes_;
  Pipe pipe_;
  Fd raw_;
  std::string buffer_;
  LogTail tail_;
  std::uint64_t produced_ = 0;
  std::uint64_t kept_ = 0;
  bool full_ = false;
};

}  // namespace ocibench::agent
