#include "common/aws/profile_file.hpp"

#include <algorithm>

#include "common/file.hpp"
#include "common/text.hpp"

namespace ocibench::aws {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1024 * 1024;
constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool begins_comment(char c) { return c == '#' || c == ';'; }

std::string_view unquoted(std::string_view name) {
  const bool quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') &&
                      name.front() == name.back();
  return quoted ? name.substr(1, name.size() - 2) : name;
}

/// `header` is what is between the brackets.
bool is_section(std::string_view header, const ProfileSection& wanted) {
  header = trimmed(header);
  if (wanted.kind.empty()) {
    return unquoted(header) == wanted.name;
  }
  if (wanted.kind == "profile" && wanted.name == "default" && header == "default") {
    return true;
  }
  const std::size_t kind = wanted.kind.size();
  return header.starts_with(wanted.kind) && header.size() > kind && is_blank(header[kind]) &&
         unquoted(trimmed(header.substr(kind))) == wanted.name;
}

std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (begins_comment(value[i]) && (i == 0 || is_blank(value[i - 1]))) {
      return trimmed(value.substr(0, i));
    }
  }
  return value;
}

/// Goes through the lines of a file and keeps the keys of one section.
class ProfileReader {
 public:
  explicit ProfileReader(const ProfileSection& wanted) : wanted_(wanted) {}

  void take(std::string_view whole) {
    const std::string_view line = trimmed(whole);
    if (line.empty() || begins_comment(line.front())) {
      return;
    }
    const auto indent = static_cast<std::size_t>(line.data() - whole.data());
    const bool nested = !parent_.empty() && indent > indent_;
    if (line.front() == '[' && !nested) {
      begin_section(line);
    } else if (found_ && inside_) {
      take_key(line, indent, nested);
    }
  }

  [[nodiscard]] const std::optional<ProfileKeys>& found() const { return found_; }

 private:
  void begin_section(std::string_view line) {
    const std::size_t end = line.find(']');
    inside_ = end != std::string_view::npos && is_section(line.substr(1, end - 1), wanted_);
    parent_.clear();
    if (inside_ && !found_) {
      found_.emplace();
    }
  }

  void take_key(std::string_view line, std::size_t indent, bool nested) {
    const std::size_t delimiter = line.find_first_of("=:");
    const std::string name = lower_case(trimmed(line.substr(0, delimiter)));
    if (delimiter == std::string_view::npos || name.empty()) {
      return;
    }
    const std::string_view value = without_comment(trimmed(line.substr(delimiter + 1)));
    found_->insert_or_assign(nested ? parent_ + "." + name : name, std::string(value));
    if (!nested) {
      parent_ = name;
      indent_ = indent;
    }
  }

  const ProfileSection& wanted_;
  std::optional<ProfileKeys> found_;
  bool inside_ = false;
  std::string parent_;      ///< the key that deeper lines belong to; empty behind a section's name
  std::size_t indent_ = 0;  ///< of that key
};

}  // namespace

std::optional<ProfileKeys> parse_profile(std::string_view text, const ProfileSection& section) {
  ProfileReader reader(section);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    reader.take(line);
  }
  return reader.found();
}

Result<std::optional<ProfileKeys>> read_profile(const std::filesystem::path& file,
                                                const ProfileSection& section) {
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (!text) {
    return text.error().code == ErrorCode::not_found
               ? Result<std::optional<ProfileKeys>>(std::nullopt)
               : tl::unexpected(text.error());
  }
  return parse_profile(*text, section);
}

}  // namespace ocibench::aws
