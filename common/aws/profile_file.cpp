#include "common/aws/profile_file.hpp"

#include <algorithm>
#include <string_view>

#include "common/file.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1024 * 1024;
constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<std::map<std::string, std::string>> read_profile(const std::filesystem::path& file,
                                                        const std::string& section) {
  std::map<std::string, std::string> settings;
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (!text) {
    return text.error().code == ErrorCode::not_found
               ? Result<std::map<std::string, std::string>>(settings)
               : tl::unexpected(text.error());
  }
  bool inside = false;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), whole.size() + 1));
    const std::string_view line = trimmed(whole);
    const bool indented = !whole.empty() && kBlanks.find(whole.front()) != std::string_view::npos;
    if (line.empty() || indented || line.front() == '#' || line.front() == ';') {
      continue;
    }
    if (line.front() == '[') {
      inside = line.back() == ']' && trimmed(line.substr(1, line.size() - 2)) == section;
    } else if (const std::size_t equals = line.find('=');
               inside && equals != std::string_view::npos) {
      settings.insert_or_assign(lower_case(trimmed(line.substr(0, equals))),
                                std::string(trimmed(line.substr(equals + 1))));
    }
  }
  return settings;
}

}  // namespace ocibench::aws
