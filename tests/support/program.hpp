#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ocibench::testing_support {

/// A program started by a test, with its output in files. Killed and reaped when the object goes.
class Program {
 public:
  /// `directory` exists; stdout and stderr go to `<directory>/<name>.{out,err}`.
  Program(const std::filesystem::path& directory, const std::string& name,
          const std::vector<std::string>& argv);
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Resident memory; not a number (which no bound is fulfilled by) when the program has ended.
  [[nodiscard]] double resident_mib() const;
  /// Exit status, or 128 + signal; nullopt when it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  /// Waits until stderr holds `text`. False when `patience` passed or the program ended before.
  bool wait_for_err(const std::string& text, std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  std::filesystem::path out_;
  std::filesystem::path err_;
  std::optional<int> status_;
};

/// Runs a program to its end. Exit status -1 when it did not end in time.
struct Finished {
  int status = -1;
  std::string out;
  std::string err;
};
Finished run_program(const std::filesystem::path& directory, const std::vector<std::string>& argv,
                     std::chrono::milliseconds patience = std::chrono::seconds(120));

}  // namespace ocibench::testing_support
