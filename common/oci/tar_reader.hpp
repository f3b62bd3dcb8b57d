#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "common/byte_stream.hpp"
#include "common/error.hpp"

namespace ocibench::oci {

struct TarLimits {
  std::uint64_t max_entries = 0;
  std::uint64_t max_entry_bytes = 0;
  std::size_t max_path_bytes = 0;
};

enum class TarEntryKind { file, symbolic_link, other };

struct TarEntry {
  std::string name;  ///< as it is in the archive: not to be trusted as a path
  TarEntryKind kind = TarEntryKind::other;
  std::string link;  ///< of a symbolic link
};

/// Reads an uncompressed tar from front to back, on libarchive.
class TarReader {
 public:
  /// Errors: bad_input (no such file, no tar).
  static Result<TarReader> open(const std::filesystem::path& path, const TarLimits& limits);
  TarReader(TarReader&&) noexcept;
  TarReader& operator=(TarReader&&) noexcept;
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;
  ~TarReader();

  /// Nothing at the end. Errors: bad_input, limit (sparse entries too).
  Result<std::optional<TarEntry>> next();
  /// Streams the content of the entry that next() gave last.
  Result<void> content(const ByteSink& sink);
  /// The same as a text. Errors: limit.
  Result<std::string> small_content(std::uint64_t max_bytes);

 private:
  struct Stream;
  explicit TarReader(std::unique_ptr<Stream> stream);
  std::unique_ptr<Stream> stream_;
};

}  // namespace ocibench::oci
