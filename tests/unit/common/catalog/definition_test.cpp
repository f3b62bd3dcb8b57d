#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/corpus_file.hpp"
#include "common/catalog/registry.hpp"
#include "common/catalog/scenario.hpp"
#include "common/catalog/tool.hpp"

namespace ocibench::catalog {
namespace {

using testing::HasSubstr;

constexpr std::string_view kTool = R"toml(schema = 1
name = "copy"
kind = "sync"
label = "copy {{version}} (test)"
binaries = ["copy"]
install.manual = "make copy"
per = "corpus"
destination = "{{prefix}}/{{basename}}"
arguments = ["{{source}}", "{{target}}"]
[version]
arguments = ["--version"]
pattern = 'v(\d+)'
[concurrency]
default = "one image at a time"
[exit_codes]
ok = [0, 3]
[exit_codes.meaning]
1 = "nothing was copied"
)toml";

std::string with(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const auto at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

std::string tool_error(const std::string& text) {
  const auto tool = parse_tool(text, "competitors/copy.toml");
  return tool ? "" : tool.error().message;
}

TEST(ParseTool, KnowsItsBytesByHash) {
  const auto one = parse_tool(kTool, "copy.toml");
  const auto other = parse_tool(std::string(kTool) + "\n", "copy.toml");
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->program.definition_sha256.size(), 64U);
  EXPECT_NE(one->program.definition_sha256, other->program.definition_sha256);
}

TEST(ParseTool, ExplainsExitCodes) {
  const auto tool = parse_tool(kTool, "copy.toml");
  ASSERT_TRUE(tool);
  EXPECT_TRUE(tool->exit_codes.is_ok(3));
  EXPECT_FALSE(tool->exit_codes.is_ok(1));
  EXPECT_EQ(tool->exit_codes.describe(1), "exit code 1: nothing was copied");
  EXPECT_EQ(tool->exit_codes.describe(7), "exit code 7");
}

TEST(ParseTool, FindsTheVersionInWhatTheToolPrints) {
  const auto tool = parse_tool(kTool, "copy.toml");
  ASSERT_TRUE(tool);
  EXPECT_EQ(match_version(tool->program, "copy v12 linux\n"), "12");
  EXPECT_EQ(match_version(tool->program, "no version"), std::nullopt);
  EXPECT_EQ(match_version(tool->program, std::string(kMaxVersionOutput, ' ') + "v1"), std::nullopt);
  EXPECT_EQ(render_label(tool->program, "12"), "copy 12 (test)");
  EXPECT_EQ(render_label(tool->program, ""), "copy (test)");
}

TEST(ParseTool, FindsAMistypedPlaceholderBeforeAnythingRuns) {
  EXPECT_EQ(tool_error(with(kTool, "{{source}}", "{{sorce}}")),
            "competitors/copy.toml: arguments: unknown placeholder {{sorce}}; did you mean "
            "`source`?");
  EXPECT_THAT(tool_error(with(kTool, "{{basename}}", "{{tag}}")), HasSubstr("destination"));
  EXPECT_THAT(tool_error(with(kTool, "{{version}}", "{{verson}}")),
              HasSubstr("copy.toml:4: label: unknown placeholder"));
}

TEST(ParseTool, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(tool_error(with(kTool, "\"sync\"", "\"pull\"")), HasSubstr("copy.toml:3:"));
  EXPECT_THAT(tool_error(with(kTool, "\"corpus\"", "\"images\"")), HasSubstr("did you mean"));
  EXPECT_THAT(tool_error(with(kTool, "install.manual", "install.manul")),
              HasSubstr("unknown key `manul`; did you mean `manual`?"));
  EXPECT_THAT(tool_error(with(kTool, "schema = 1", "schema = 2")), HasSubstr("2 is outside 1..1"));
  EXPECT_THAT(tool_error(with(kTool, "1 = \"nothing", "256 = \"nothing")), HasSubstr("0..255"));
}

TEST(ParseTool, ExplainsTheExitCodesOfXargs) {
  const std::string per_image = with(with(kTool, "\"corpus\"", "\"image\""), "ok = [0, 3]", "");
  const auto tool = parse_tool(per_image, "copy.toml");
  ASSERT_TRUE(tool) << tool.error().message;
  EXPECT_THAT(tool->exit_codes.describe(123), HasSubstr("at least one image failed"));
  EXPECT_THAT(tool_error(with(kTool, "\"corpus\"", "\"image\"")), HasSubstr("only 0 can be ok"));
}

TEST(ParseTool, KnowsItsCapabilities) {
  const std::string tool = with(kTool, "[version]", "capabilities = ['index']\n[version]");
  EXPECT_EQ(tool_error(tool), "");
  EXPECT_THAT(tool_error(with(tool, "'index'", "'indexx'")),
              HasSubstr("unknown capability `indexx`; did you mean `index`?"));
}

TEST(ParseTool, NamesThoseItNeedsInItsLabelAndCommand) {
  std::string tool = with(kTool, "[version]", "needs = ['other']\n[version]");
  tool =
      with(with(tool, "(test)", "with other {{other_version}}"), "{{source}}", "{{other_binary}}");
  EXPECT_EQ(tool_error(tool), "");
  EXPECT_THAT(tool_error(with(tool, "needs = ['other']", "needs = ['another']")),
              HasSubstr("other_version"));
  EXPECT_EQ(render_label(parse_tool(tool, "copy.toml")->program, "1", {{"other", "2"}}),
            "copy 1 with other 2");
}

TEST(ParseTool, RefusesAVersionPatternThatCannotWork) {
  EXPECT_THAT(tool_error(with(kTool, R"('v(\d+)')", "'v('")), HasSubstr("copy.toml:12:"));
  EXPECT_THAT(tool_error(with(kTool, R"('v(\d+)')", "'v'")), HasSubstr("no group"));
}

TEST(FindBinary, SaysHowToInstallWhatIsNotThere) {
  const auto tool = parse_tool(kTool, "copy.toml");
  ASSERT_TRUE(tool);
  const auto found = find_binary(tool->program, {.path = "/nowhere:.:"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_EQ(found.error().message,
            "copy: no executable copy on the PATH; to install it: make copy");
}

TEST(FindBinary, TakesTheFirstOnThePath) {
  const auto tool = parse_tool(with(kTool, "[\"copy\"]", "[\"no-such\", \"sh\"]"), "copy.toml");
  ASSERT_TRUE(tool);
  EXPECT_EQ(find_binary(tool->program, {.path = "/nowhere:/bin:/usr/bin"}), "/bin/sh");
}

TEST(ParseScenario, RefusesAHeadlineThatNamesNoResult) {
  const auto scenario = parse_scenario(
      "schema = 1\nname = 'cold'\nquestion = 'q?'\nheadline = '{{wall_p95}}'\n"
      "populate = 'nothing'\ntool_state = 'fresh'\n",
      "scenarios/cold.toml");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().message,
            "scenarios/cold.toml:4: headline: unknown placeholder {{wall_p95}}; did you mean "
            "`wall_p90`?");
}

std::string scenario_error(const std::string& text) {
  const auto scenario =
      parse_scenario("schema = 1\nname = 's'\nquestion = 'q?'\nheadline = 'h'\n" + text, "s.toml");
  return scenario ? "" : scenario.error().message;
}

TEST(ParseScenario, RefusesWhatNeedsAnUntimedRunWithoutOne) {
  EXPECT_EQ(scenario_error("populate = 'nothing'\ntool_state = 'kept'\n"),
            "s.toml:6: tool_state = \"kept\" needs populate = \"corpus\": there is no earlier run "
            "that could have left anything");
  EXPECT_EQ(scenario_error("populate = 'nothing'\ntool_state = 'fresh'\nmoved_share = 0.1\n"),
            "s.toml:7: moved_share needs populate = \"corpus\": tags move after it");
  EXPECT_EQ(scenario_error("populate = 'nothing'\ntool_state = 'fresh'\ndestination = 'other'\n"),
            "s.toml:7: destination = \"other\" needs populate = \"corpus\"");
  EXPECT_EQ(scenario_error("populate = 'corpus'\ntool_state = 'kept'\nmoved_share = 0.1\n"), "");
}

TEST(ParseScenario, RefusesSizesThatDoNotGrow) {
  EXPECT_EQ(scenario_error("populate = 'nothing'\ntool_state = 'fresh'\nsizes = [10, 10]\n"),
            "s.toml:7: key `sizes`: each must be larger than the one before");
}

std::string corpus_error(const std::string& text) {
  const auto corpus = parse_corpus("schema = 1\nname = 'c'\n" + text, "c.toml");
  return corpus ? "" : corpus.error().message;
}

TEST(ParseCorpus, ReadsAllThreeKinds) {
  const auto references = parse_corpus(
      "schema = 1\nname = 'c'\n[references]\nimages = ['h.example/a/b:1', 'h.example/c:2']\n", "c");
  ASSERT_TRUE(references) << references.error().message;
  EXPECT_EQ(std::get<ReferenceSpec>(references->source).images.size(), 2U);
  const auto files = parse_corpus(
      "schema = 1\nname = 'c'\n[[files]]\npath = '/a.tar'\nrepository = 'l/a'\ntag = '1'\n", "c");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(std::get<LocalFileSpec>(files->source).files.front().path, "/a.tar");
  const auto synthetic = parse_corpus(
      "schema = 1\nname = 'c'\n[synthetic]\nimages = 2\nlayers = 3\nlayer_bytes = '1 MB'\n"
      "platforms = ['linux/arm64/v8']\nrepository_prefix = 's/i'\n",
      "c");
  ASSERT_TRUE(synthetic) << synthetic.error().message;
  EXPECT_EQ(std::get<SyntheticSpec>(synthetic->source).layer_bytes, 1'000'000U);
}

TEST(ParseCorpus, RefusesReferencesThatAreNotLockedToOneHost) {
  EXPECT_THAT(corpus_error("[references]\nimages = [\n'h.example/a:1',\n'i.example/a:1']\n"),
              HasSubstr("c.toml:6: key `images`: i.example/a:1 is on another host"));
  for (const std::string image : {"a:1", "h.example/a", "/a:1", "h.example/A:1", "h.example/a:"}) {
    EXPECT_THAT(corpus_error("[references]\nimages = ['" + image + "']\n"),
                HasSubstr("expected \"host/repository:tag\""))
        << image;
  }
}

TEST(ParseCorpus, RefusesNoneAndTwoKinds) {
  EXPECT_THAT(corpus_error(""), HasSubstr("exactly one of"));
  EXPECT_THAT(corpus_error("[references]\nimages = ['h.example/a:1']\n[[files]]\npath = '/a'\n"
                           "repository = 'a'\ntag = '1'\n"),
              HasSubstr("exactly one of"));
}

TEST(ParseCorpus, RefusesSizesThatNobodyMeant) {
  const std::string synthetic =
      "[synthetic]\nimages = 1000\nlayers = 127\nlayer_bytes = '16 GB'\n"
      "platforms = ['linux/amd64']\nrepository_prefix = 's/i'\n";
  EXPECT_THAT(corpus_error(synthetic), HasSubstr("the corpus would have"));
  EXPECT_THAT(corpus_error(with(synthetic, "'16 GB'", "'17 GB'")), HasSubstr("is outside"));
  EXPECT_THAT(corpus_error(with(synthetic, "'linux/amd64'", "'amd64'")), HasSubstr("os/arch"));
}

}  // namespace
}  // namespace ocibench::catalog
