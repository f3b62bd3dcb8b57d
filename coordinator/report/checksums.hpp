#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::coordinator {

/// Path within a bundle ("samples/x.csv") to sha256, 64 lower-case hexadecimal digits.
using Checksums = std::map<std::string, std::string>;

/// Of a SHA256SUMS: some hundred thousand files.
inline constexpr std::uint64_t kMaxChecksumsBytes = 64 * 1024 * 1024;

/// Hashes every file under `folder`; memory does not depend on their sizes.
/// Errors: io; bad_input when something there is neither a plain file nor a folder.
Result<Checksums> hash_folder(const std::filesystem::path& folder);

/// The text form of GNU coreutils' sha256sum: "<digest>  <path>\n" by path. `sha256sum -c` reads
/// it.
std::string format_checksums(const Checksums& checksums);

/// Strict inverse. Errors: bad_input with the line, also for a path that leaves the folder.
Result<Checksums> parse_checksums(std::string_view text);

}  // namespace ocibench::coordinator
