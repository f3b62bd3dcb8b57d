#include "tests/support/golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "common/file.hpp"
#include "common/units.hpp"

namespace ocibench::testing_support {
namespace {

constexpr std::size_t kHexBytesPerLine = 32;

bool updating() {
  const char* value = std::getenv("OCIBENCH_UPDATE_GOLDEN");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

testing::AssertionResult matches_golden(std::string_view content, std::string_view path) {
  const std::filesystem::path file = std::filesystem::path(OCIBENCH_SOURCE_DIR) / path;
  if (updating()) {
    std::filesystem::create_directories(file.parent_path());
    const Result<void> written = write_file_atomically(file, content);
    return written ? testing::AssertionSuccess()
                   : testing::AssertionFailure() << written.error().message;
  }
  const Result<std::string> expected = read_file(file, 64 * kMiB);
  if (!expected) {
    return testing::AssertionFailure()
           << expected.error().message << "; run with OCIBENCH_UPDATE_GOLDEN=1 to create it";
  }
  if (*expected == content) {
    return testing::AssertionSuccess();
  }
  const auto differs = std::ranges::mismatch(*expected, content).in1 - expected->begin();
  const auto line = 1 + std::count(expected->begin(), expected->begin() + differs, '\n');
  return testing::AssertionFailure()
         << path << " differs from byte " << differs << " (line " << line
         << ") on; if that is meant, run with OCIBENCH_UPDATE_GOLDEN=1 and read the diff. Now:\n"
         << content;
}

std::string to_hex_lines(std::string_view bytes) {
  std::string hex;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
    if (i % kHexBytesPerLine == kHexBytesPerLine - 1 || i + 1 == bytes.size()) {
      hex += '\n';
    }
  }
  return hex;
}

}  // namespace ocibench::testing_support
