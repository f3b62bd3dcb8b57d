#include "common/catalog/scenario.hpp"

#include "common/toml.hpp"

namespace ocibench::catalog {

TemplateValues headline_example() {
  return {.texts = {{"subject", "skopeo 1.9.3 (Debian 12)"},
                    {"images", "6"},
                    {"bytes", "250 MB"},
                    {"wall_median", "3.07 s"},
                    {"wall_p10", "2.98 s"},
                    {"wall_p90", "3.31 s"},
                    {"tx_median", "251 MB"},
                    {"rate_median", "81.4 MB/s"},
                    {"n", "5"}}};
}

Result<Scenario> parse_scenario(std::string_view toml, const std::string& origin) {
  auto document = TomlDocument::parse(toml, origin);
  if (!document) {
    return tl::unexpected(document.error());
  }
  TomlTable root = document->root();
  root.integer("schema", {.min = 1, .max = 1});
  Scenario scenario{.name = root.name("name"),
                    .origin = origin,
                    .question = root.text("question"),
                    .headline = root.text("headline")};
  // One value each so far. They stand in the file so that it says what the scenario does.
  root.choice("populate", {"nothing"});
  root.choice("target", {"empty"});
  root.choice("tool_state", {"fresh"});
  const auto headline = render_template(scenario.headline, "headline", headline_example());
  if (!headline) {
    root.problem("headline", headline.error().message);
  }
  if (auto finished = document->finish(); !finished) {
    return tl::unexpected(finished.error());
  }
  return scenario;
}

}  // namespace ocibench::catalog
