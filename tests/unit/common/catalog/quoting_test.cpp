#include "common/catalog/quoting.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/render.hpp"
#include "common/json.hpp"
#include "tests/support/shipped_catalog.hpp"
#include "tests/support/strict_yaml.hpp"

namespace ocibench::catalog {
namespace {

using testing::HasSubstr;
using testing_support::parse_strict_yaml;
using testing_support::shipped_catalog;

/// What breaks a file that is put together without care, a line's end apart.
const std::vector<std::string>& nasty_values() {
  static const std::vector<std::string> kValues = {"a: b",
                                                   "null",
                                                   "q\"uo\"te",
                                                   "back\\slash\\",
                                                   "{{source}}",
                                                   "{{{secret}}}",
                                                   "<&'>",
                                                   "#comment",
                                                   " lead",
                                                   "trail ",
                                                   "- x",
                                                   "[1",
                                                   "{a: b",
                                                   "true",
                                                   "~",
                                                   "\t",
                                                   "%",
                                                   "!!str x",
                                                   "*a",
                                                   "a,b",
                                                   "\\u0041",
                                                   "caf\xC3\xA9",
                                                   "\xF0\x9F\x98\x80",
                                                   "\xC2\x85",
                                                   "\xE2\x80\xA8",
                                                   "\x7F",
                                                   "\x01",
                                                   "12",
                                                   "'",
                                                   "$(x)"};
  return kValues;
}

TEST(FormatOfFile, GoesByTheEndOfTheName) {
  EXPECT_EQ(format_of_file("a.yml"), TextFormat::yaml);
  EXPECT_EQ(format_of_file("a.yaml"), TextFormat::yaml);
  EXPECT_EQ(format_of_file("a.json"), TextFormat::json);
  EXPECT_EQ(format_of_file("arguments.txt"), TextFormat::lines);
  EXPECT_EQ(format_of_file("yaml"), std::nullopt);
  EXPECT_EQ(format_of_file("a.conf"), std::nullopt);
}

TEST(Quoted, IsReadBackAsTheValueItself) {
  std::vector<std::string> values = nasty_values();
  values.insert(values.end(), {"", "line\nfeed", "\r\n", std::string("\0", 1)});
  for (const std::string& value : values) {
    const std::string yaml = "\"" + quoted(value, TextFormat::yaml).value() + "\"";
    EXPECT_EQ(parse_strict_yaml(yaml).value(), Json(value)) << yaml;
    const std::string json = "\"" + quoted(value, TextFormat::json).value() + "\"";
    EXPECT_EQ(parse_json(json, "json").value(), Json(value)) << json;
  }
}

TEST(Quoted, RefusesWhatTheFormatCannotHold) {
  for (const std::string& value : {std::string("a\nb"), std::string("a\r"), std::string(1, '\0')}) {
    const auto text = quoted(value, TextFormat::lines);
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().message, HasSubstr("is not on one line"));
    EXPECT_EQ(quoted(value, TextFormat::plain), value);
  }
  EXPECT_EQ(quoted("a: \"b\"", TextFormat::lines), "a: \"b\"");
  for (const char* value :
       {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(quoted(value, TextFormat::yaml)) << value;
    EXPECT_FALSE(quoted(value, TextFormat::json)) << value;
  }
}

/// Whether a value may stand where the text ends.
bool quotes_behind(TextFormat format, std::string_view fixed) {
  QuoteTracker tracker(format);
  tracker.read(fixed);
  return tracker.quotes() && !tracker.problem();
}

TEST(QuoteTracker, KnowsWhereAValueOfYamlIsQuoted) {
  for (const char* fixed :
       {"\"", "a: \"", "a:\n  b: \"x/", "- \"", "- - \"", "- a: \"", "\"a\": \"", "- \"k\": \"",
        "a: [\"", "a: [b, \"", "a: {b: \"", "a: {\"b\":\"", "a: 'b'\nc: \"", "# it's\na: \"",
        "a: b # \"\nc: \"", "a: \"\\\\", "a: \"\\\"", "a: -1\nb: \"", "a: b'c\nd: \""}) {
    const bool single = std::string_view(fixed).find("'b'") != std::string_view::npos;
    EXPECT_EQ(quotes_behind(TextFormat::yaml, fixed), !single) << fixed;
  }
  for (const char* fixed : {"", "a: ", "a: x", "a: x\"", "a: \"b\"", "- ", "# \"", "a: # \"",
                            "a: 'b\"", "a: |\n  \"", "a: >-\n  \"", "a: \"\\", "a: -\"", "a: \"\n",
                            "\"a\"\n\"", "a: \"b\" c: \"", "a-\"", "a: b, \""}) {
    EXPECT_FALSE(quotes_behind(TextFormat::yaml, fixed)) << fixed;
  }
}

TEST(QuoteTracker, KnowsWhereAValueOfJsonIsQuoted) {
  for (const char* fixed : {"\"", "{\"", "{\"a\": \"", "{\"a\": {\"b\": \"x\\\"", "[\"a\", \""}) {
    EXPECT_TRUE(quotes_behind(TextFormat::json, fixed)) << fixed;
  }
  for (const char* fixed : {"", "{", "{\"a\"", "{\"a\": ", "\"\\", "\"a\n"}) {
    EXPECT_FALSE(quotes_behind(TextFormat::json, fixed)) << fixed;
  }
}

// ---- what every definition makes of values like these

/// A value for each text that templates know; no part of another, and of no meaning anywhere.
using Values = std::map<std::string, std::string>;

Values harmless() {
  Values values;
  for (const char* name : {"source", "target", "ca_file", "prefix", "work_dir", "state_dir",
                           "repository", "tag", "digest", "destination", "needed", "address",
                           "storage_dir", "secret", "certificate_file", "key_file"}) {
    values[name] = fmt::format("@{}@", name);
  }
  return values;
}

Values nasty(std::size_t first) {
  Values values = harmless();
  for (auto& [name, value] : values) {
    value = nasty_values()[first++ % nasty_values().size()];
  }
  return values;
}

std::string replaced(std::string text, const Values& values) {
  for (const auto& [name, harmless_value] : harmless()) {
    for (std::size_t at = text.find(harmless_value); at != std::string::npos;
         at = text.find(harmless_value, at + values.at(name).size())) {
      text.replace(at, harmless_value.size(), values.at(name));
    }
  }
  return text;
}

/// The same with every text of the tree, keys too.
Json replaced(const Json& tree, const Values& values) {
  if (tree.is_string()) {
    return replaced(tree.get<std::string>(), values);
  }
  Json made = tree.is_object() ? Json::object() : tree.is_array() ? Json::array() : tree;
  if (tree.is_object()) {
    for (const auto& [key, value] : tree.items()) {
      made[replaced(key, values)] = replaced(value, values);
    }
  } else if (tree.is_array()) {
    for (const Json& value : tree) {
      made.push_back(replaced(value, values));
    }
  }
  return made;
}

ToolContext context_of(const ToolDefinition& tool, const Values& values, bool tls) {
  ToolContext context{.source = values.at("source"),
                      .target = values.at("target"),
                      .tls = tls,
                      .ca_file = values.at("ca_file"),
                      .credentials = tls,
                      .prefix = values.at("prefix"),
                      .work_dir = values.at("work_dir"),
                      .state_dir = values.at("state_dir"),
                      .images = {{values.at("repository"), values.at("tag"), values.at("digest"),
                                  values.at("destination")}},
                      .comparability = {tls ? std::optional(8U) : std::nullopt}};
  for (const std::string& name : tool.program.needs) {
    context.needed.emplace(name, values.at("needed"));
  }
  return context;
}

RegistryContext context_of(const Values& values) {
  return {.address = values.at("address"),
          .storage_dir = values.at("storage_dir"),
          .work_dir = values.at("work_dir"),
          .secret = values.at("secret"),
          .tls = true,
          .certificate_file = values.at("certificate_file"),
          .key_file = values.at("key_file")};
}

Json parsed(const std::string& name, const std::string& text) {
  const bool json = format_of_file(name) == TextFormat::json;
  const auto tree = json ? parse_json(text, name) : parse_strict_yaml(text);
  EXPECT_TRUE(tree) << name << ": " << tree.error().message << "\n" << text;
  return tree.value_or(Json());
}

/// Each file says of the nasty values what it says of harmless ones.
void expect_same(const RenderedCommand& with_harmless, const RenderedCommand& with_nasty,
                 const Values& values) {
  ASSERT_EQ(with_harmless.files.size(), with_nasty.files.size());
  for (const auto& [name, text] : with_harmless.files) {
    if (format_of_file(name) == TextFormat::lines) {
      EXPECT_EQ(with_nasty.files.at(name), replaced(text, values)) << name;
    } else {
      EXPECT_EQ(parsed(name, with_nasty.files.at(name)), replaced(parsed(name, text), values))
          << with_nasty.files.at(name);
    }
  }
}

TEST(ShippedDefinitions, WriteAnyValueSoThatItIsReadBack) {
  std::set<std::string> tools_with_files;
  for (std::size_t first = 0; first < nasty_values().size(); ++first) {
    const Values values = nasty(first);
    for (const auto& [name, tool] : shipped_catalog().tools()) {
      for (const bool tls : {true, false}) {
        const auto before = render_tool(tool, "/bin/x", context_of(tool, harmless(), tls));
        const auto after = render_tool(tool, "/bin/x", context_of(tool, values, tls));
        ASSERT_TRUE(before && after) << name << (after ? "" : after.error().message);
        expect_same(*before, *after, values);
        tools_with_files.insert(before->files.empty() ? "" : name);
      }
    }
    for (const auto& [name, registry] : shipped_catalog().registries()) {
      expect_same(render_registry(registry, "/bin/x", context_of(harmless())).value(),
                  render_registry(registry, "/bin/x", context_of(values)).value(), values);
    }
  }
  EXPECT_GE(tools_with_files.size(), 8U);
}

TEST(ShippedDefinitions, WriteALineFeedOrSayThatTheyCannot) {
  Values values = harmless();
  for (auto& [name, value] : values) {
    value = name + "\nline: feed";
  }
  for (const auto& [name, tool] : shipped_catalog().tools()) {
    if (tool.kind == ToolKind::calibration) {
      continue;
    }
    const auto after = render_tool(tool, "/bin/x", context_of(tool, values, true));
    if (after) {
      expect_same(render_tool(tool, "/bin/x", context_of(tool, harmless(), true)).value(), *after,
                  values);
    } else {
      EXPECT_THAT(after.error().message, HasSubstr("is not on one line")) << name;
      EXPECT_TRUE(tool.per == ProcessPer::image || name == "reference") << name;
    }
  }
}

}  // namespace
}  // namespace ocibench::catalog
