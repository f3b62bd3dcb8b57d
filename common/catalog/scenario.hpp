#pragma once

#include <string>
#include <string_view>

#include "common/catalog/template.hpp"
#include "common/error.hpp"

namespace ocibench::catalog {

/// One question with one headline number, as scenarios/<name>.toml describes it. Its other keys
/// (populate, target, tool_state) have one value each so far; the reader refuses any other.
struct Scenario {
  std::string name;
  std::string origin;    ///< the file, for messages
  std::string question;  ///< "How long does a first sync into an empty registry take?"
  std::string headline;  ///< mustache over headline_example()

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// Every value that a headline may name, all of them texts with units, with an example:
/// subject "skopeo 1.9.3 (Debian 12)", images "6", bytes "250 MB", wall_median "3.07 s",
/// wall_p10, wall_p90, tx_median "251 MB", rate_median "81.4 MB/s", n "5".
TemplateValues headline_example();

/// Errors: bad_input with file, line and key.
Result<Scenario> parse_scenario(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
