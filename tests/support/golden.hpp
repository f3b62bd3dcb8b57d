#pragma once

#include <string_view>

#include <gtest/gtest.h>

namespace ocibench::testing_support {

/// Compares `content` with the file `path` (relative to the root of the repository) byte by byte.
/// With OCIBENCH_UPDATE_GOLDEN=1 in the environment it writes the file instead: read the diff.
testing::AssertionResult matches_golden(std::string_view content, std::string_view path);

/// Lower-case hexadecimal, 32 bytes a line: bytes in a form that a diff can show.
std::string to_hex_lines(std::string_view bytes);

}  // namespace ocibench::testing_support
