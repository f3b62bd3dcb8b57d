#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalog/template.hpp"
#include "common/error.hpp"
#include "common/model/scenario_steps.hpp"

namespace ocibench::catalog {

/// One question with one headline number, as scenarios/<name>.toml describes it.
struct Scenario {
  std::string name;
  std::string origin;    ///< the file, for messages
  std::string question;  ///< "How long does a first sync into an empty registry take?"
  std::string headline;  ///< mustache over headline_example()
  ScenarioSteps steps;
  /// Share of the tags that the source moves to new digests between populate and measure; 0: none.
  double moved_share = 0;
  /// A trial for each: the first so many images of the corpus, ascending, and always all of them.
  std::vector<std::uint32_t> sizes;

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// Every value that a headline may name, all of them texts with units, with an example:
/// subject "skopeo 1.9.3 (Debian 12)", images "6", bytes "250 MB", wall_median "3.07 s",
/// wall_p10, wall_p90, tx_median "251 MB", rate_median "81.4 MB/s", n "5",
/// moved "1 of 20 (5.0 %)", scaling "time grows as bytes^0.97 (95 % interval 0.93 .. 1.01):
/// linear".
TemplateValues headline_example();

/// Errors: bad_input with file, line and key.
Result<Scenario> parse_scenario(std::string_view toml, const std::string& origin);

}  // namespace ocibench::catalog
