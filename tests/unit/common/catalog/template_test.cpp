#include "common/catalog/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::catalog {
namespace {

TemplateValues example() {
  return {
      .texts = {{"host", "a.example:5000"},
                {"markup", "<a & 'b'>"},
                {"tag_like", "{{host}} {{{x}}} {{#tls}}"}},
      .words = {{"count", "8"}},
      .flags = {{"tls", true}},
      .lists = {{"images", {{.texts = {{"tag", "1"}}}, {.texts = {{"tag", "2"}}}}}, {"empty", {}}}};
}

std::string rendered(std::string_view text) {
  const auto result = render_template(text, "f.toml", example());
  return result ? *result : "error: " + result.error().message;
}

TEST(RenderTemplate, EscapesNothing) {
  EXPECT_EQ(rendered("{{markup}} {{{markup}}} {{&markup}}"), "<a & 'b'> <a & 'b'> <a & 'b'>");
}

TEST(RenderTemplate, RepeatsListsAndHonoursFlags) {
  EXPECT_EQ(rendered("{{#images}}{{tag}}@{{host}} {{/images}}"),
            "1@a.example:5000 2@a.example:5000 ");
  EXPECT_EQ(rendered("{{#tls}}s{{/tls}}{{^tls}}p{{/tls}}"), "s");
  EXPECT_EQ(rendered("{{^empty}}none{{/empty}}{{#empty}}{{anything}}{{/empty}}"), "none");
}

TEST(RenderTemplate, NamesAnUnknownPlaceholderAndTheNearestKnown) {
  EXPECT_EQ(rendered("{{hots}}"),
            "error: f.toml: unknown placeholder {{hots}}; did you mean `host`?");
  EXPECT_EQ(rendered("{{#image}}{{/image}}"),
            "error: f.toml: unknown section {{#image}}; did you mean `#images`?");
}

TEST(RenderTemplate, ChecksSectionsThatAreNotRendered) {
  EXPECT_EQ(rendered("{{^tls}}{{hots}}{{/tls}}"),
            "error: f.toml: unknown placeholder {{hots}}; did you mean `host`?");
}

TEST(RenderTemplate, KeepsElementsInsideTheirList) {
  EXPECT_EQ(rendered("{{#images}}{{/images}}{{tag}}").substr(0, 6), "error:");
}

TEST(RenderTemplate, RefusesBrokenAndUnsupportedTags) {
  for (const std::string_view text : {"{{host", "{{#tls}}", "{{/tls}}", "{{#tls}}{{/images}}",
                                      "{{>file}}", "{{=<% %>=}}", "{{}}", "{{.}}", "{{{host}}"}) {
    EXPECT_EQ(rendered(text).substr(0, 6), "error:") << text;
  }
}

TEST(RenderTemplate, ReadsNoValueAsATemplate) {
  EXPECT_EQ(rendered("{{tag_like}}|{{{tag_like}}}"),
            "{{host}} {{{x}}} {{#tls}}|{{host}} {{{x}}} {{#tls}}");
}

std::string rendered_as(TextFormat format, std::string_view text) {
  const auto result = render_template(text, "f.toml", example(), format);
  return result ? *result : "error: " + result.error().message;
}

TEST(RenderTemplate, WantsTextsOfYamlAndJsonInDoubleQuotesAndWordsAnywhere) {
  EXPECT_EQ(rendered_as(TextFormat::yaml, "a: \"{{host}}/{{count}}\"\nb: {{count}}\n"),
            "a: \"a.example:5000/8\"\nb: 8\n");
  EXPECT_EQ(rendered_as(TextFormat::json, "{\"{{host}}\": {{count}}}"), "{\"a.example:5000\": 8}");
  for (const TextFormat format : {TextFormat::yaml, TextFormat::json}) {
    EXPECT_EQ(rendered_as(format, "a: {{host}}"),
              "error: f.toml: {{host}} must stand in a text in double quotes");
    EXPECT_EQ(rendered_as(format, "a: \"\\{{host}}\""),
              "error: f.toml: {{host}} must stand in a text in double quotes");
    for (const char* text : {"a: \"{{{host}}}\"", "a: \"{{&host}}\""}) {
      EXPECT_EQ(rendered_as(format, text),
                "error: f.toml: {{host}} must be written with two braces and no &: its value is "
                "quoted");
    }
    EXPECT_EQ(rendered_as(format, "a: {{#tls}}\"{{/tls}}{{host}}\""),
              "error: f.toml: {{#tls}} begins inside of a text in double quotes or ends there, and "
              "not both")
        << "the quote is there with TLS only";
    EXPECT_EQ(rendered_as(format, "a: \"{{host}}"),
              "error: f.toml: a text in double quotes does not end on its line");
  }
}

TEST(RenderTemplate, WantsOfAnEmptyListWhatItWantsOfOthers) {
  EXPECT_THAT(rendered_as(TextFormat::yaml, "{{#empty}}- {{anything}}\n{{/empty}}"),
              testing::HasSubstr("must stand in a text in double quotes"));
}

TEST(RenderTemplate, NamesTheValueThatALineCannotHold) {
  const auto result =
      render_template("{{a}}", "f.toml", {.texts = {{"a", "b\nc"}}}, TextFormat::lines);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "f.toml: \"b c\" is not on one line, and the file has one thing on each");
}

}  // namespace
}  // namespace ocibench::catalog
