#pragma once

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace ocibench {

/// Keeps the first field that is not as it must be. A field is named by a format text and what goes
/// into it, which is only put together when something is wrong.
class FieldCheck {
 public:
  /// Notes "field: what" unless `holds`, which it returns.
  template <class... Args>
  bool require(bool holds, std::string_view what, fmt::format_string<const Args&...> field,
               const Args&... args) {
    if (!holds && !error_) {
      error_ =
          Error{ErrorCode::bad_input, fmt::format("{}: {}", fmt::format(field, args...), what)};
    }
    return holds;
  }

  /// The same of a text from outside, which is quoted: "field: "value" what".
  template <class... Args>
  bool require_text(bool holds, std::string_view value, std::string_view what,
                    fmt::format_string<const Args&...> field, const Args&... args) {
    return holds || require(false, fmt::format("\"{}\" {}", printable(value, kLongestQuote), what),
                            field, args...);
  }

  /// Errors: bad_input, the first that was noted.
  [[nodiscard]] Result<void> result() const {
    return error_ ? tl::unexpected(*error_) : Result<void>();
  }

 private:
  std::optional<Error> error_;
};

}  // namespace ocibench
