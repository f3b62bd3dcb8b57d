#include "common/catalog/quoting.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "common/text.hpp"

namespace ocibench::catalog {
namespace {

constexpr char32_t kLargestCodePoint = 0x10FFFF;

/// One code point and how many bytes it has.
struct Decoded {
  char32_t code_point = 0;
  std::size_t bytes = 0;
};

/// RFC 3629, strict: no overlong forms, no surrogates. Nothing where the bytes are no UTF-8.
std::optional<Decoded> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    return Decoded{first, 1};
  }
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) {
    return std::nullopt;
  }
  char32_t point = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) {
      return std::nullopt;
    }
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kSmallest.at(bytes) || point > kLargestCodePoint || surrogate
             ? std::nullopt
             : std::optional(Decoded{point, bytes});
}

/// What YAML 1.2.2, 5.1 does not call printable, and what readers of YAML 1.1 take for a line's
/// end.
bool needs_escape(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 ||
         point == 0xFEFF || point == 0xFFFE || point == 0xFFFF;
}

Result<std::string> in_double_quotes(std::string_view value) {
  std::string text;
  for (std::string_view rest = value; !rest.empty();) {
    const std::optional<Decoded> next = decode(rest);
    if (!next) {
      return fail(ErrorCode::bad_input,
                  fmt::format("\"{}\" is not UTF-8", printable(value, kLongestQuote)));
    }
    if (next->code_point == U'"' || next->code_point == U'\\') {
      text += '\\';
    }
    if (needs_escape(next->code_point)) {
      fmt::format_to(std::back_inserter(text), "\\u{:04x}",
                     static_cast<std::uint32_t>(next->code_point));
    } else {
      text += rest.substr(0, next->bytes);
    }
    rest.remove_prefix(next->bytes);
  }
  return text;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

std::optional<TextFormat> format_of_file(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TextFormat>, 4> kFormats = {
      {{".yml", TextFormat::yaml},
       {".yaml", TextFormat::yaml},
       {".json", TextFormat::json},
       {".txt", TextFormat::lines}}};
  for (const auto& [ending, format] : kFormats) {
    if (name.ends_with(ending)) {
      return format;
    }
  }
  return std::nullopt;
}

Result<std::string> quoted(std::string_view value, TextFormat format) {
  switch (format) {
    case TextFormat::plain: return std::string(value);
    case TextFormat::lines:
      if (value.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) {
        return fail(ErrorCode::bad_input,
                    fmt::format("\"{}\" is not on one line, and the file has one thing on each",
                                printable(value, kLongestQuote)));
      }
      return std::string(value);
    case TextFormat::yaml:
    case TextFormat::json: return in_double_quotes(value);
  }
  return std::string(value);
}

void QuoteTracker::read(std::string_view fixed) {
  for (const char c : fixed) {
    if (format_ == TextFormat::json) {
      read_json(c);
    } else if (format_ == TextFormat::yaml) {
      read_yaml(c);
    }
    last_ = c;
  }
}

/// Whether the character belongs to a quoted text, its end included.
bool QuoteTracker::read_quoted(char c) {
  if (place_ != Place::quotes) {
    return false;
  }
  if (c == '\n') {
    problem_ = problem_.value_or("a text in double quotes does not end on its line");
  }
  if (c == '"' && !escaped_) {
    place_ = Place::after_quotes;
  }
  escaped_ = c == '\\' && !escaped_;
  return true;
}

void QuoteTracker::read_json(char c) {
  if (!read_quoted(c)) {
    place_ = c == '"' ? Place::quotes : Place::begin;
  }
}

void QuoteTracker::read_yaml(char c) {
  if (read_quoted(c)) {
    return;
  }
  if (c == '\n') {
    end_text();
    place_ = flow_depth_ > 0 && place_ != Place::comment ? place_ : Place::begin;
    element_ = false;
  } else if (place_ == Place::comment) {
    return;
  } else if (c == '#' && (is_blank(last_) || last_ == '\n')) {
    end_text();
    place_ = Place::comment;
  } else if (is_blank(c)) {
    if (last_ == ':' && (place_ == Place::word || place_ == Place::after_quotes)) {
      place_ = Place::value;
      key_quoted_ = false;
    }
  } else if (flow_depth_ > 0 && (c == ',' || c == ']' || c == '}')) {
    flow_depth_ -= c == ',' ? 0 : 1;
    place_ = c == ',' ? Place::begin : Place::word;
  } else if (place_ == Place::begin || place_ == Place::value) {
    begin_text(c);
  } else if (place_ == Place::after_quotes && c == ':') {
    place_ = flow_depth_ > 0 ? Place::value : place_;
  } else if (place_ == Place::after_quotes) {
    problem_ = problem_.value_or("a text goes on behind its double quotes");
  }
}

/// The first character of a key, a value or an element.
void QuoteTracker::begin_text(char c) {
  if (c == '-') {  // an element where a blank follows, else a word such as -1
    element_ = true;
    return;
  }
  if (c == '[' || c == '{') {
    ++flow_depth_;
    place_ = Place::begin;
    return;
  }
  if (c == '"' && last_ != '-') {
    key_quoted_ = place_ == Place::begin && !element_ && flow_depth_ == 0;
    place_ = Place::quotes;
    return;
  }
  if (c == '\'') {
    problem_ = problem_.value_or("single quotes are not understood here: use double quotes");
  } else if (c == '|' || c == '>') {
    problem_ = problem_.value_or("a text of several lines (| or >) is not understood here");
  }
  place_ = Place::word;
}

/// The line, or what is no comment of it, is over.
void QuoteTracker::end_text() {
  if (key_quoted_ && place_ == Place::after_quotes && last_ != ':') {
    problem_ = problem_.value_or("a text in double quotes is neither a key nor a value");
  }
  key_quoted_ = false;
}

}  // namespace ocibench::catalog
