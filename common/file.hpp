#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/fd.hpp"

namespace ocibench {

/// Reads a whole file of at most `max_bytes`. Errors: not_found, bad_input (a folder), io, limit.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

enum class FileReaders {
  everyone,  ///< 0644
  owner,     ///< 0600: secrets
};

/// Writes to a temporary name beside `path`, fsyncs, renames. Errors: io.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   FileReaders readers = FileReaders::everyone);

/// A fresh directory, removed with all its content when the object goes. It is locked (flock(2))
/// meanwhile: one that is not was left by a process that was killed, see remove_abandoned().
class TemporaryDirectory {
 public:
  /// Creates `<parent>/<prefix>XXXXXX`. Errors: io.
  static Result<TemporaryDirectory> create(const std::filesystem::path& parent,
                                           std::string_view prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryDirectory(std::filesystem::path path, Fd lock);
  void remove() noexcept;
  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace ocibench
