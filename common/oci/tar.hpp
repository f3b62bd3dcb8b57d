#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::oci {

/// The largest file that a ustar header can describe: eleven octal digits.
inline constexpr std::uint64_t kMaxTarFileBytes = (1ULL << 33U) - 1;

/// The 512-byte header of a regular file (POSIX.1-1988 ustar): mode 0644, owner 0, time 0.
/// Requires: a name of at most 100 bytes, `file_bytes` <= kMaxTarFileBytes.
std::string tar_header(std::string_view name, std::uint64_t file_bytes);
/// The zeros that fill a file up to a whole block.
std::string tar_padding(std::uint64_t file_bytes);
/// The two zero blocks that end an archive.
std::string tar_end();

}  // namespace ocibench::oci
