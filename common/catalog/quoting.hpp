#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace ocibench::catalog {

/// What reads a rendered text, and so how a value in it must be written.
enum class TextFormat {
  plain,  ///< people, or an argument that is passed as it is: nothing has a meaning
  lines,  ///< one thing on each line
  yaml,
  json,
};

/// Of ".yml", ".yaml", ".json" and ".txt" (lines); nothing for other names.
std::optional<TextFormat> format_of_file(std::string_view name);

/// The value as it stands where QuoteTracker::quotes() holds: what parses the text gets exactly the
/// value back. In YAML and JSON that is between double quotes, whose escapes the two share but for
/// characters beyond 16 bits, which are written as they are (YAML 1.2.2, 5.7 and 7.3.1; RFC 8259,
/// 7). Errors: bad_input when the format cannot hold it: a line feed, carriage return or zero byte
/// in lines, bytes that are not UTF-8 in YAML and JSON.
Result<std::string> quoted(std::string_view value, TextFormat format);

/// Reads the fixed text of a template and says whether a value could stand where it is now. Knows
/// as much of YAML as a template needs: block style with keys and values on one line each, and flow
/// style; a double-quoted text that is a key, a value or an element, and that ends on its line.
class QuoteTracker {
 public:
  explicit QuoteTracker(TextFormat format) : format_(format) {}

  void read(std::string_view fixed);
  /// A value of ours that needs no quotes (a number, true, false) stands here.
  void read_word() { read("0"); }

  /// Whether quoted() is right for a value that stands here.
  [[nodiscard]] bool quotes() const { return !is_structured() || (in_quotes() && !escaped_); }
  [[nodiscard]] bool in_quotes() const { return place_ == Place::quotes; }
  [[nodiscard]] bool is_structured() const {
    return format_ == TextFormat::yaml || format_ == TextFormat::json;
  }
  /// What makes the rest of the text unreadable for this class; nothing when it is well formed.
  [[nodiscard]] std::optional<std::string> problem() const { return problem_; }

 private:
  enum class Place {
    begin,   ///< of a line or an element: a key or a value may follow
    value,   ///< behind a key's colon
    quotes,  ///< in a double-quoted text
    after_quotes,
    word,  ///< in a text without quotes, where a quote means itself
    comment,
  };

  void read_json(char c);
  void read_yaml(char c);
  void begin_text(char c);
  void end_text();
  bool read_quoted(char c);

  TextFormat format_;
  Place place_ = Place::begin;
  bool escaped_ = false;     ///< behind a backslash in quotes
  bool element_ = false;     ///< behind "- ", where a quoted text needs no key
  bool key_quoted_ = false;  ///< the quoted text began where a key may
  int flow_depth_ = 0;       ///< open [ and {
  char last_ = '\n';
  std::optional<std::string> problem_;
};

}  // namespace ocibench::catalog
