#include "tests/support/hcl.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace ocibench::testing_support {
namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// Up to the end of the text, or to the brace that closes a block.
  void read_body(HclBlock& block) {
    for (skip_blank(); !at_end() && peek() != '}'; skip_blank()) {
      const std::size_t line = line_;
      std::string name = read_name();
      skip_spaces();
      if (peek() == '=' && next() != '=') {
        take();
        skip_expression();
        block.attributes.emplace(std::move(name), line);
      } else {
        block.blocks.push_back(read_block(std::move(name), line));
      }
    }
  }

  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[noreturn]] void give_up(const std::string& what) const {
    throw std::runtime_error("line " + std::to_string(line_) + ": " + what);
  }

 private:
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  [[nodiscard]] char next() const {
    return position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
  }
  char take() {
    if (at_end()) {
      give_up("the text ends too early");
    }
    line_ += text_[position_] == '\n' ? 1U : 0U;
    return text_[position_++];
  }

  std::string read_name() {
    std::string name;
    while (is_name(peek())) {
      name += take();
    }
    if (name.empty()) {
      give_up(std::string("expected a name, not '") + peek() + "'");
    }
    return name;
  }

  HclBlock read_block(std::string type, std::size_t line) {
    HclBlock block{.type = std::move(type), .line = line};
    for (skip_spaces(); peek() != '{'; skip_spaces()) {
      if (peek() == '"') {
        const std::size_t begin = position_ + 1;
        skip_string();
        block.labels.emplace_back(text_.substr(begin, position_ - begin - 1));
      } else {
        block.labels.push_back(read_name());
      }
    }
    take();
    read_body(block);
    if (peek() != '}') {
      give_up("the block of line " + std::to_string(line) + " is not closed");
    }
    take();
    return block;
  }

  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t') {
      take();
    }
  }

  bool skip_comment() {
    const bool line = peek() == '#' || (peek() == '/' && next() == '/');
    if (line) {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (peek() == '/' && next() == '*') {
      take();
      while (!(take() == '*' && peek() == '/')) {
      }
      take();
      return true;
    }
    return line;
  }

  void skip_blank() {
    while (!at_end() && (std::isspace(static_cast<unsigned char>(peek())) != 0 || skip_comment())) {
      if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
        take();
      }
    }
  }

  /// A quoted string, with whatever expressions are in its ${...} and %{...}.
  void skip_string() {
    take();
    while (peek() != '"') {
      if (peek() == '\\' || ((peek() == '$' || peek() == '%') && next() == peek())) {
        take();
        take();
      } else if ((peek() == '$' || peek() == '%') && next() == '{') {
        take();
        skip_brackets();
      } else {
        take();
      }
    }
    take();
  }

  /// From an opening bracket to its counterpart.
  void skip_brackets() {
    const char open = take();
    const char close = open == '{' ? '}' : open == '[' ? ']' : ')';
    while (peek() != close) {
      skip_piece();
    }
    take();
  }

  void skip_heredoc() {
    take();
    take();
    if (peek() == '-') {
      take();
    }
    const std::string mark = read_name();
    while (take() != '\n') {
    }
    for (std::string line; line != mark;) {
      line.clear();
      for (char c = take(); c != '\n'; c = take()) {
        line += c;
      }
      line.erase(0, line.find_first_not_of(" \t"));
    }
    --position_;  // its newline ends the expression
    --line_;
  }

  void skip_piece() {
    if (peek() == '"') {
      skip_string();
    } else if (peek() == '(' || peek() == '[' || peek() == '{') {
      skip_brackets();
    } else if (peek() == '<' && next() == '<') {
      skip_heredoc();
    } else if (peek() == ')' || peek() == ']' || peek() == '}') {
      give_up(std::string("'") + peek() + "' closes nothing");
    } else if (!skip_comment()) {
      take();
    }
  }

  void skip_expression() {
    while (!at_end() && peek() != '\n' && peek() != '}') {
      skip_piece();
    }
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

HclBlock parse_hcl(std::string_view text) {
  HclBlock file;
  Reader reader(text);
  reader.read_body(file);
  if (!reader.at_end()) {
    reader.give_up("'}' closes nothing");
  }
  return file;
}

}  // namespace ocibench::testing_support
