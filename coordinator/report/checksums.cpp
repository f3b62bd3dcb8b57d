#include "coordinator/report/checksums.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/sha256.hpp"

namespace ocibench::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kSeparator = "  ";

bool stays_inside(const std::string& path) {
  const fs::path parsed(path);
  return !path.empty() && parsed.is_relative() && path.find('\0') == std::string::npos &&
         std::ranges::none_of(parsed, [](const fs::path& part) {
           return part == ".." || part == "." || part.empty();
         });
}

}  // namespace

Result<Checksums> hash_folder(const fs::path& folder) {
  Checksums checksums;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::file_status status = entry->symlink_status(error);
    if (error || fs::is_directory(status)) {
      continue;
    }
    const std::string name = entry->path().lexically_relative(folder).string();
    if (!fs::is_regular_file(status)) {
      return fail(ErrorCode::bad_input, fmt::format("{} is no plain file", name));
    }
    Result<std::string> digest = sha256_hex_of_file(entry->path());
    if (!digest) {
      return tl::unexpected(digest.error());
    }
    checksums.emplace(name, std::move(*digest));
  }
  if (error) {
    return fail_errno(fmt::format("cannot list {}", folder.string()), error.value());
  }
  return checksums;
}

std::string format_checksums(const Checksums& checksums) {
  std::string text;
  for (const auto& [path, digest] : checksums) {
    text += fmt::format("{}{}{}\n", digest, kSeparator, path);
  }
  return text;
}

Result<Checksums> parse_checksums(std::string_view text) {
  Checksums checksums;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view entry = text.substr(0, end);
    const bool shaped = end != std::string_view::npos &&
                        entry.find_first_not_of("0123456789abcdef") == kDigestDigits &&
                        entry.substr(kDigestDigits).starts_with(kSeparator);
    std::string path =
        shaped ? std::string(entry.substr(kDigestDigits + kSeparator.size())) : std::string();
    if (!stays_inside(path) ||
        !checksums.emplace(std::move(path), entry.substr(0, kDigestDigits)).second) {
      return fail(ErrorCode::bad_input,
                  fmt::format("line {}: expected a sha256, two spaces and a path inside the bundle "
                              "that is not there yet",
                              line));
    }
    text.remove_prefix(end + 1);
  }
  return checksums;
}

}  // namespace ocibench::coordinator
