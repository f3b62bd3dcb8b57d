#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace ocibench {

struct IntegerRange {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

struct NumberRange {
  double min = 0;
  double max = 1;
};

/// Reads one table, key by key. Keys that exist but are never asked for are unknown keys. A getter
/// that meets a problem (missing, wrong type, out of range) notes it in the document and returns a
/// placeholder: all problems are reported together by TomlDocument::finish(), and nothing that was
/// read may be used before that.
/// Valid while its document lives.
class TomlTable {
 public:
  /// True when the key exists; does not count as asking for it.
  [[nodiscard]] bool has(std::string_view key) const;
  /// True when the key exists and is a text; does not count as asking for it.
  [[nodiscard]] bool is_text(std::string_view key) const;

  // Required: a problem when the key is absent.
  std::string text(std::string_view key);
  /// A plain name: a-z, 0-9 and '-', starting with a letter or digit, at most 64 characters.
  std::string name(std::string_view key);
  /// One of `known`, else a problem that names the nearest of them.
  std::string choice(std::string_view key, const std::vector<std::string>& known);
  /// At least one text.
  std::vector<std::string> texts(std::string_view key);
  std::int64_t integer(std::string_view key, IntegerRange range);
  /// An integer, or a text with a unit: "40 MB", "1 GiB", "512 kB".
  std::uint64_t bytes(std::string_view key, IntegerRange range);
  /// At least one table: `[[key]]` or `key = [{...}]`.
  std::vector<TomlTable> tables(std::string_view key);

  // Optional: nullopt or empty when the key is absent.
  std::optional<std::string> optional_text(std::string_view key);
  std::optional<std::string> optional_choice(std::string_view key,
                                             const std::vector<std::string>& known);
  std::vector<std::string> optional_texts(std::string_view key);
  std::optional<std::int64_t> optional_integer(std::string_view key, IntegerRange range);
  std::vector<std::int64_t> optional_integers(std::string_view key, IntegerRange range);
  std::optional<double> optional_number(std::string_view key, NumberRange range);
  std::optional<bool> optional_boolean(std::string_view key);
  /// The key says the unit: a number above 0 under `..._s`, an integer above 0 under `..._ms`.
  std::optional<std::chrono::milliseconds> optional_duration(std::string_view key,
                                                             std::chrono::milliseconds max);
  std::optional<TomlTable> optional_table(std::string_view key);
  std::vector<TomlTable> optional_tables(std::string_view key);
  /// A table of texts whose keys are free: an environment, sentences per exit code.
  std::map<std::string, std::string> optional_text_map(std::string_view key);

  /// Notes a problem of meaning at the line of `key`, or of the table where the key is absent.
  void problem(std::string_view key, std::string message);
  /// The same at the line of one element of an array.
  void problem(std::string_view key, std::size_t element, std::string message);

 private:
  friend class TomlDocument;
  struct Access;  // the only part that knows the TOML library
  TomlTable(Access* access, std::size_t index) : access_(access), index_(index) {}
  Access* access_;
  std::size_t index_;
};

/// A parsed TOML 1.0 file and the problems met while reading it.
class TomlDocument {
 public:
  static constexpr std::size_t kMaxBytes = 1024 * 1024;
  static constexpr std::size_t kMaxProblems = 20;

  /// `origin` names the text in messages, usually a path.
  /// Errors: bad_input with line and column, limit.
  static Result<TomlDocument> parse(std::string_view text, std::string origin);

  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  TomlDocument(const TomlDocument&) = delete;
  TomlDocument& operator=(const TomlDocument&) = delete;
  ~TomlDocument();

  [[nodiscard]] TomlTable root();

  /// After all reading. Errors: bad_input with every problem (the first kMaxProblems of them), a
  /// line each, ordered by line: "scenarios/cold.toml:7: unknown key `headlin`; did you mean
  /// `headline`?"
  Result<void> finish();

 private:
  explicit TomlDocument(std::unique_ptr<TomlTable::Access> access);
  std::unique_ptr<TomlTable::Access> access_;
};

}  // namespace ocibench
