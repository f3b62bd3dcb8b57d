#include "common/catalog/template.hpp"

#include <gtest/gtest.h>

namespace ocibench::catalog {
namespace {

TemplateValues example() {
  return {
      .texts = {{"host", "a.example:5000"}, {"markup", "<a & 'b'>"}},
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

}  // namespace
}  // namespace ocibench::catalog
