#include "tests/support/strict_yaml.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace ocibench::testing_support {
namespace {

struct Line {
  std::size_t number = 0;
  std::size_t indent = 0;
  std::string text;
};

/// Thrown inside of the reader only.
struct Malformed {
  std::string what;
};

std::string utf8(std::uint32_t point) {
  std::string text;
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0U | (point >> 6U));
    text += static_cast<char>(0x80U | (point & 0x3FU));
  } else {
    text += static_cast<char>(0xE0U | (point >> 12U));
    text += static_cast<char>(0x80U | ((point >> 6U) & 0x3FU));
    text += static_cast<char>(0x80U | (point & 0x3FU));
  }
  return text;
}

/// Takes a text in double quotes from the front of `rest`.
std::string take_quoted(std::string& rest) {
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.erase(0, i + 1);
      return value;
    }
    if (rest[i] != '\\') {
      value += rest[i];
      continue;
    }
    ++i;
    if (i < rest.size() && (rest[i] == '"' || rest[i] == '\\')) {
      value += rest[i];
    } else if (i + 4 < rest.size() && rest[i] == 'u') {
      value += utf8(static_cast<std::uint32_t>(std::stoul(rest.substr(i + 1, 4), nullptr, 16)));
      i += 4;
    } else {
      throw Malformed{"an escape that is not understood"};
    }
  }
  throw Malformed{"a text in double quotes that does not end"};
}

Json plain(const std::string& text) {
  if (text.empty() ||
      std::string_view("\"'[]{}|>&*!%@`#,").find(text.front()) != std::string_view::npos ||
      text.find(": ") != std::string::npos || text.find(" #") != std::string::npos ||
      text.ends_with(':') || text.starts_with("- ") || text.starts_with("? ")) {
    throw Malformed{fmt::format("no plain text: {}", text)};
  }
  if (text == "true" || text == "false") {
    return text == "true";
  }
  if (text == "null" || text == "~" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    return std::stoull(text);
  }
  return text;
}

Json flow_sequence(const std::string& text) {
  Json items = Json::array();
  std::string rest = text.substr(1, text.size() - 2);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(", "), rest.size());
    items.push_back(plain(rest.substr(0, comma)));
    rest.erase(0, comma + 2);
  }
  return items;
}

Json scalar(std::string text) {
  if (text.starts_with('"')) {
    std::string value = take_quoted(text);
    if (!text.empty()) {
      throw Malformed{"something follows the double quotes"};
    }
    return value;
  }
  return text.starts_with('[') && text.ends_with(']') ? flow_sequence(text) : plain(text);
}

class Reader {
 public:
  explicit Reader(std::vector<Line> lines) : lines_(std::move(lines)) {}

  Json all() {
    Json node = lines_.empty() ? Json() : block();
    if (at_ < lines_.size()) {
      throw Malformed{"an indentation that fits nothing"};
    }
    return node;
  }
  [[nodiscard]] std::size_t line() const { return at_ < lines_.size() ? lines_[at_].number : 0; }

 private:
  Json block() {
    const std::size_t indent = lines_[at_].indent;
    if (lines_[at_].text.starts_with("- ")) {
      Json items = Json::array();
      while (is_at(indent) && lines_[at_].text.starts_with("- ")) {
        lines_[at_].text.erase(0, 2);
        lines_[at_].indent += 2;
        items.push_back(block());
      }
      return items;
    }
    std::string rest = lines_[at_].text;
    if (!take_key(rest)) {
      return scalar(lines_[at_++].text);
    }
    Json members = Json::object();
    while (is_at(indent)) {
      member(indent, members);
    }
    return members;
  }

  void member(std::size_t indent, Json& members) {
    std::string rest = lines_[at_].text;
    const std::optional<std::string> key = take_key(rest);
    if (!key || members.contains(*key)) {
      throw Malformed{key ? "a key is there twice" : "a key is missing"};
    }
    if (!rest.empty()) {
      members[*key] = scalar(rest);
      ++at_;
      return;
    }
    ++at_;
    members[*key] = at_ < lines_.size() && lines_[at_].indent > indent ? block() : Json();
  }

  /// Takes "key: " from the front; what is left is the value.
  static std::optional<std::string> take_key(std::string& rest) {
    std::string key;
    if (rest.starts_with('"')) {
      key = take_quoted(rest);
      if (!rest.starts_with(':')) {
        return std::nullopt;
      }
    } else {
      const std::size_t colon = rest.ends_with(':') && rest.find(": ") == std::string::npos
                                    ? rest.size() - 1
                                    : rest.find(": ");
      if (colon == std::string::npos) {
        return std::nullopt;
      }
      key = rest.substr(0, colon);
      static_cast<void>(plain(key));
      rest.erase(0, colon);
    }
    rest.erase(0, 1);
    rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
    return key;
  }

  [[nodiscard]] bool is_at(std::size_t indent) const {
    return at_ < lines_.size() && lines_[at_].indent == indent;
  }

  std::vector<Line> lines_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Json> parse_strict_yaml(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent != std::string_view::npos) {
      lines.push_back({number, indent, std::string(line.substr(indent))});
    }
  }
  Reader reader(std::move(lines));
  try {
    return reader.all();
  } catch (const Malformed& malformed) {
    return fail(ErrorCode::bad_input, fmt::format("line {}: {}", reader.line(), malformed.what));
  }
}

}  // namespace ocibench::testing_support
