#include "common/catalog/scenario.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/model/limits.hpp"
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
                    {"moved", "1 of 20 (5.0 %)"},
                    {"scaling", "time grows as bytes^0.97 (95 % interval 0.93 .. 1.01): linear"},
                    {"n", "5"}}};
}

namespace {

constexpr std::size_t kMaxSizes = 16;

/// The value of an enum whose name the key holds.
template <class Enum, std::size_t N>
Enum read_choice(TomlTable& table, std::string_view key, const std::array<Enum, N>& values,
                 bool required) {
  std::vector<std::string> names;
  for (const Enum value : values) {
    names.emplace_back(to_string(value));
  }
  const std::string name = required ? table.choice(key, names)
                                    : table.optional_choice(key, names).value_or(names.front());
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? values.front()
                              : values.at(static_cast<std::size_t>(found - names.begin()));
}

void read_sizes(TomlTable& root, Scenario& scenario) {
  for (const std::int64_t size :
       root.optional_integers("sizes", {.min = 1, .max = kMaxCorpusImages})) {
    scenario.sizes.push_back(static_cast<std::uint32_t>(size));
  }
  if (scenario.sizes.size() > kMaxSizes) {
    root.problem("sizes", fmt::format("key `sizes`: at most {}", kMaxSizes));
  }
  if (!std::ranges::is_sorted(scenario.sizes, std::ranges::less_equal())) {
    root.problem("sizes", "key `sizes`: each must be larger than the one before");
  }
}

/// What cannot be asked for together is a problem: it would measure something else than it says.
void read_steps(TomlTable& root, Scenario& scenario) {
  scenario.steps.populate = read_choice(root, "populate", kAllPopulates, true);
  scenario.steps.tool_state = read_choice(root, "tool_state", kAllToolStates, true);
  scenario.steps.destination = read_choice(root, "destination", kAllDestinations, false);
  scenario.steps.start = read_choice(root, "start", kAllStarts, false);
  scenario.moved_share = root.optional_number("moved_share", {.min = 0, .max = 1}).value_or(0);
  read_sizes(root, scenario);
  if (scenario.steps.populate == Populate::corpus) {
    return;
  }
  if (scenario.steps.tool_state == ToolState::kept) {
    root.problem("tool_state",
                 "tool_state = \"kept\" needs populate = \"corpus\": there is no "
                 "earlier run that could have left anything");
  }
  if (scenario.steps.destination == Destination::other) {
    root.problem("destination", "destination = \"other\" needs populate = \"corpus\"");
  }
  if (scenario.moved_share > 0) {
    root.problem("moved_share", "moved_share needs populate = \"corpus\": tags move after it");
  }
}

}  // namespace

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
  read_steps(root, scenario);
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
