#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/toml.hpp"

namespace ocibench::catalog {

enum class LogStream { out, err };

/// How a tool tells, in what it prints, that an image is finished: in a line of its own as it goes,
/// or for all images in one JSON document at the end.
struct Completion {
  LogStream stream = LogStream::err;
  std::string pattern;  ///< ECMAScript over one line; the first group names the image

  // A document instead of the pattern: from the last line that is "{" on.
  std::string images;                 ///< member that is the list of images; empty: no document
  std::string name;                   ///< dotted path in one of them: "target"
  std::string status;                 ///< dotted path: "status.status"
  std::vector<std::string> finished;  ///< values of it that mean finished

  friend bool operator==(const Completion&, const Completion&) = default;
};

/// Reads the table `completion`, if there is one. Problems are noted in the table's document.
std::optional<Completion> read_completion(TomlTable& root);

/// Longer lines are not looked at: no tool names an image behind so much text.
inline constexpr std::size_t kMaxCompletionLine = 4096;

/// The images that a log says are finished, as the log names them, in its order.
/// Errors: bad_input when the document that the tool prints is not there or not as described.
Result<std::vector<std::string>> finished_images(const Completion& completion,
                                                 std::string_view log);

}  // namespace ocibench::catalog
