#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/error.hpp"

namespace ocibench {

/// Keys keep the order in which they were written: files are stable and diff well.
using Json = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t max_bytes = 16 * 1024 * 1024;
  std::size_t max_depth = 64;
};

/// Strict (RFC 8259): no comments, no trailing text, no name twice in an object, valid UTF-8,
/// bounded size and depth; never throws. Time and memory are linear in the text.
/// Errors: bad_input with `origin` and line, limit.
Result<Json> parse_json(std::string_view text, std::string_view origin, JsonLimits limits = {});

/// Two-space indentation and a final newline; invalid UTF-8 is replaced, never thrown about.
std::string dump_json(const Json& json);

/// Reads members of one object by name and type. Errors name the path: "plan.json: trials[2].tool:
/// expected a string".
class JsonObject {
 public:
  /// Errors: bad_input when `json` is no object. `json` must outlive the reader.
  static Result<JsonObject> open(const Json& json, std::string path);

  /// There, and not null, which is how programs in Go write what is empty.
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool is_null(std::string_view key) const;  ///< there, and null
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] Result<std::uint64_t> unsigned_integer(std::string_view key) const;
  [[nodiscard]] Result<double> number(std::string_view key) const;
  [[nodiscard]] Result<bool> boolean(std::string_view key) const;
  [[nodiscard]] Result<JsonObject> object(std::string_view key) const;
  [[nodiscard]] Result<std::vector<JsonObject>> objects(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::int64_t>> integers(std::string_view key) const;
  /// An object whose members are all strings; those that are null are left out.
  [[nodiscard]] Result<std::map<std::string, std::string>> text_map(std::string_view key) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  JsonObject(const Json& json, std::string path, std::string_view separator);
  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] Result<const Json*> member(std::string_view key, std::string_view expected,
                                           bool (*accepts)(const Json&)) const;
  const Json* json_;
  std::string path_;
  std::string_view separator_;  // between path_ and a key: ": " after a file name, then "."
};

}  // namespace ocibench
