#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/catalog/corpus_file.hpp"
#include "common/catalog/registry.hpp"
#include "common/catalog/scenario.hpp"
#include "common/catalog/tool.hpp"
#include "common/file.hpp"
#include "common/toml.hpp"
#include "coordinator/campaign/campaign.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

struct Example {
  std::string kind;
  std::string toml;
};

/// The blocks after "<!-- example: KIND -->" in docs/reference/campaign-toml.md.
std::vector<Example> examples() {
  static constexpr std::string_view kMark = "<!-- example: ";
  static constexpr std::string_view kOpen = "```toml\n";
  const auto page =
      read_file(OCIBENCH_SOURCE_DIR "/docs/reference/campaign-toml.md", TomlDocument::kMaxBytes);
  const std::string text = page.value_or("");
  std::vector<Example> found;
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const auto kind = at + kMark.size();
    const auto open = text.find(kOpen, kind) + kOpen.size();
    found.push_back({text.substr(kind, text.find(" -->", kind) - kind),
                     text.substr(open, text.find("```\n", open) - open)});
  }
  return found;
}

std::string error_of(const auto& result) { return result ? "" : result.error().message; }

std::string error_of_example(const Example& example) {
  const std::string origin = "the example of a " + example.kind;
  if (example.kind == "campaign") {
    return error_of(parse_campaign(example.toml, origin, shipped_catalog()));
  }
  if (example.kind == "scenario") {
    return error_of(catalog::parse_scenario(example.toml, origin));
  }
  if (example.kind == "corpus") {
    return error_of(catalog::parse_corpus(example.toml, origin));
  }
  if (example.kind == "tool") {
    return error_of(catalog::parse_tool(example.toml, origin));
  }
  return example.kind == "registry" ? error_of(catalog::parse_registry(example.toml, origin))
                                    : "unknown kind " + example.kind;
}

TEST(TomlReference, HasOnlyExamplesThatAreRead) {
  EXPECT_EQ(examples().size(), 8U);
  for (const Example& example : examples()) {
    EXPECT_EQ(error_of_example(example), "");
  }
}

}  // namespace
}  // namespace ocibench::coordinator
