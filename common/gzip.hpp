#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "common/byte_stream.hpp"
#include "common/error.hpp"

namespace ocibench {

/// Streaming gzip (RFC 1952) with a fixed header: no name, mtime 0, OS "unknown", so that equal
/// input gives equal output. Level 0 stores in blocks that we write ourselves and is the same with
/// any zlib; levels 1..9 are zlib's deflate and the same for one zlib_release().
class GzipCompressor {
 public:
  static constexpr int kFastest = 1;

  /// Requires: 0 <= level <= 9. `sink` gets the compressed bytes.
  GzipCompressor(int level, ByteSink sink);
  GzipCompressor(GzipCompressor&&) noexcept;
  GzipCompressor& operator=(GzipCompressor&&) noexcept;
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  ~GzipCompressor();

  /// Errors: those of the sink.
  Result<void> write(std::string_view bytes);
  /// Writes what is pending and the trailer. Nothing may be written afterwards.
  Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Streaming gunzip, several members in a row included. Bounded: stops at `max_output_bytes`.
class GzipDecompressor {
 public:
  GzipDecompressor(std::uint64_t max_output_bytes, ByteSink sink);
  GzipDecompressor(GzipDecompressor&&) noexcept;
  GzipDecompressor& operator=(GzipDecompressor&&) noexcept;
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;
  ~GzipDecompressor();

  /// Errors: bad_input (not gzip, damaged), limit, those of the sink.
  Result<void> write(std::string_view bytes);
  /// Errors: bad_input when the stream ends within a member.
  Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A new file that takes text and keeps it gzip-compressed: logs of tools. One writer.
class GzipFile {
 public:
  /// Errors: io (the file exists or cannot be made).
  static Result<GzipFile> create(const std::filesystem::path& path,
                                 int level = GzipCompressor::kFastest);
  GzipFile(GzipFile&&) noexcept;
  GzipFile& operator=(GzipFile&&) noexcept;
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile();  ///< without close() the file lacks its end

  Result<void> write(std::string_view bytes);
  /// Finishes the stream and closes the file.
  Result<void> close();

 private:
  struct State;
  explicit GzipFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The zlib at run time, e.g. "1.2.13": part of what makes a compressed digest.
std::string_view zlib_release();

}  // namespace ocibench
