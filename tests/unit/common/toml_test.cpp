#include "common/toml.hpp"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench {
namespace {

using std::chrono::milliseconds;

TomlDocument parsed(std::string_view text) {
  auto document = TomlDocument::parse(text, "t.toml");
  EXPECT_TRUE(document.has_value()) << document.error().message;
  return *std::move(document);
}

std::string problems(TomlDocument& document) {
  const auto finished = document.finish();
  return finished ? "" : finished.error().message;
}

TEST(TomlDocument, ReportsATableWithoutANameInEveryBuild) {
  const auto document = TomlDocument::parse("[\n = 1\n", "c.toml");
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, ErrorCode::bad_input);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

std::string refusal(std::string_view text) {
  const auto document = TomlDocument::parse(text, "t.toml");
  return document ? "accepted" : document.error().message;
}

// Each level is a table inside another one, which the parser frees recursively.
TEST(TomlDocument, BoundsTheDepthOfKeysWhereverTheyStand) {
  const std::string deep = repeated("a.", 200'000) + "a";
  const std::string expected = ": a key has more than 32 parts";
  EXPECT_EQ(refusal("x = 1\n" + deep + " = 1\n"), "t.toml:2" + expected);
  EXPECT_EQ(refusal("[" + deep + "]\nx = 1\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("[[" + deep + "]]\nx = 1\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("x = { " + deep + " = 1 }\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("x = { y = 1, " + deep + " = 1 }\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal(repeated("'a' . ", 100'000) + "a = 1\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("x = { s = \"\"\"\n\"quoted\"\"\"\"\", " + deep + " = 1 }\n"),
            "t.toml:2" + expected);
  EXPECT_EQ(refusal("x = { s = \"\"\"a\"\"\"\", " + deep + " = 1 }\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("x = { s = '\\', " + deep + " = 1 }\n"), "t.toml:1" + expected);
  EXPECT_EQ(refusal("s = '\\' # '\n" + deep + " = 1\n"), "t.toml:2" + expected);
}

TEST(TomlDocument, BoundsTheDepthOfValues) {
  EXPECT_THAT(refusal("x = " + repeated("[", 100'000) + repeated("]", 100'000)),
              testing::StartsWith("t.toml:1:"));
  EXPECT_THAT(refusal("x = " + repeated("{ y = ", 50'000) + "1" + repeated(" }", 50'000)),
              testing::StartsWith("t.toml:1:"));
  EXPECT_EQ(refusal("x = " + repeated("[", 20) + repeated("]", 20)), "accepted");
}

TEST(TomlDocument, TakesDotsForLevelsOnlyInKeys) {
  const std::string dots(5000, '.');
  EXPECT_EQ(refusal("x = '" + dots + "'\ny = \"\\\"" + dots + "\"\n"), "accepted");
  EXPECT_EQ(refusal("x = '''\n" + dots + "\n'''\ny = \"\"\"\n" + dots + "\"\"\"\n"), "accepted");
  EXPECT_EQ(refusal("# " + dots + "\nx = 1 # " + dots + "\n"), "accepted");
  EXPECT_EQ(refusal("x = [" + repeated("1.5, ", 1000) + "1.5]\n"), "accepted");
  EXPECT_EQ(refusal(repeated("a.", 31) + "a = 1\n"), "accepted");
}

TEST(TomlDocument, ReadsEveryTypeThatFilesUse) {
  TomlDocument document = parsed(
      "text = 'a'\nlist = ['a', 'b']\ncount = 7\nshare = 0.5\nwhole = 1\nyes = true\n"
      "size = '40 MB'\nplain = 4096\nwait_s = 1.5\nwait_ms = 20\ncodes = [0, 2]\n"
      "[map]\nA = '1'\n[[part]]\nx = 1\n[[part]]\nx = 2\n");
  TomlTable root = document.root();
  EXPECT_EQ(root.text("text"), "a");
  EXPECT_EQ(root.texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(root.integer("count", {}), 7);
  EXPECT_EQ(root.optional_number("share", {}), 0.5);
  EXPECT_EQ(root.optional_number("whole", {}), 1.0);
  EXPECT_EQ(root.optional_boolean("yes"), true);
  EXPECT_EQ(root.bytes("size", {}), 40'000'000U);
  EXPECT_EQ(root.bytes("plain", {}), 4096U);
  EXPECT_EQ(root.optional_duration("wait_s", milliseconds(9000)), milliseconds(1500));
  EXPECT_EQ(root.optional_duration("wait_ms", milliseconds(9000)), milliseconds(20));
  EXPECT_EQ(root.optional_integers("codes", {}), (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(root.optional_text_map("map").at("A"), "1");
  EXPECT_EQ(root.tables("part").at(1).integer("x", {}), 2);
  EXPECT_EQ(root.tables("part").at(0).integer("x", {}), 1);
  EXPECT_EQ(problems(document), "");
}

TEST(TomlDocument, NamesTheLineAndTheNearestKeyOfAnUnknownOne) {
  TomlDocument document = parsed("name = 'x'\n\nheadlin = 'y'\n");
  document.root().text("name");
  document.root().optional_text("headline");
  EXPECT_EQ(problems(document), "t.toml:3: unknown key `headlin`; did you mean `headline`?");
}

TEST(TomlDocument, FindsUnknownKeysInNestedTables) {
  TomlDocument document = parsed("[registry]\ntls = true\ncolour = 'red'\n");
  document.root().optional_table("registry")->optional_boolean("tls");
  EXPECT_EQ(problems(document), "t.toml:3: unknown key `colour`; known: tls");
}

TEST(TomlDocument, ReportsAllProblemsInTheOrderOfTheirLines) {
  TomlDocument document = parsed("b = 'x'\na = 1\nc = 200\n");
  TomlTable root = document.root();
  root.integer("c", {.min = 0, .max = 100});
  root.text("a");
  root.integer("b", {});
  root.text("d");
  EXPECT_EQ(problems(document),
            "t.toml:1: key `b`: expected an integer, found a text\n"
            "t.toml:1: key `d` is missing\n"
            "t.toml:2: key `a`: expected a text, found an integer\n"
            "t.toml:3: key `c`: 200 is outside 0..100");
}

TEST(TomlDocument, StopsListingProblemsAtItsLimit) {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    text += "key-" + std::to_string(i) + " = 1\n";
  }
  TomlDocument document = parsed(text);
  EXPECT_TRUE(problems(document).ends_with("t.toml: and 10 more"));
}

TEST(TomlDocument, PointsAtTheElementOfAnArray) {
  TomlDocument document = parsed("tools = [\n  'a',\n  'b',\n]\n");
  TomlTable root = document.root();
  root.texts("tools");
  root.problem("tools", 1, "no such tool");
  EXPECT_EQ(problems(document), "t.toml:3: no such tool");
}

TEST(TomlDocument, RefusesWhatIsNoToml) {
  const auto document = TomlDocument::parse("a = 1\nb = = 2\n", "t.toml");
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, ErrorCode::bad_input);
  EXPECT_TRUE(document.error().message.starts_with("t.toml:2:")) << document.error().message;
}

TEST(TomlDocument, RefusesCharactersBeyondAsciiOutsideOfTexts) {
  for (const std::string_view character : {"\u00a1", "\u03c5", "\u2c3f", "\u3001", "\ufefe"}) {
    const auto document = TomlDocument::parse(fmt::format("a = 1\nb{} = 2\n", character), "t.toml");
    ASSERT_FALSE(document.has_value()) << character;
    EXPECT_EQ(document.error().code, ErrorCode::bad_input);
    EXPECT_TRUE(document.error().message.starts_with("t.toml:2:")) << document.error().message;
  }
}

TEST(TomlDocument, ReadsCharactersBeyondAsciiInTextsAndComments) {
  TomlDocument document = parsed("a = '\u03c5' # \u3001\nb = \"\"\"x\\\n  \u03c5\"\"\"\n");
  TomlTable root = document.root();
  EXPECT_EQ(root.text("a"), "\u03c5");
  EXPECT_EQ(root.text("b"), "x\u03c5");
  EXPECT_EQ(problems(document), "");
}

TEST(TomlDocument, RefusesATextAboveItsLimit) {
  const std::string text(TomlDocument::kMaxBytes + 1, '\n');
  EXPECT_EQ(TomlDocument::parse(text, "t.toml").error().code, ErrorCode::limit);
}

TEST(TomlTable, RefusesAChoiceThatIsNotKnown) {
  TomlDocument document = parsed("storage = 'memry'\n");
  document.root().optional_choice("storage", {"memory", "disk"});
  EXPECT_EQ(problems(document),
            "t.toml:1: key `storage`: unknown value \"memry\"; did you mean `memory`?");
}

TEST(TomlTable, RefusesANameThatCouldLeaveItsFolder) {
  for (const std::string name : {"../x", "", "A", "a b", "-a"}) {
    TomlDocument document = parsed("name = '" + name + "'\n");
    document.root().name("name");
    EXPECT_NE(problems(document), "") << name;
  }
}

TEST(TomlTable, RefusesSizesThatAreNone) {
  for (const std::string size : {"'40 MBit'", "'-1'", "'99999999999 GB'", "''", "true", "-5"}) {
    TomlDocument document = parsed("size = " + size + "\n");
    document.root().bytes("size", {});
    EXPECT_NE(problems(document), "") << size;
  }
}

TEST(TomlTable, RefusesNumbersThatAreNotFinite) {
  for (const std::string number : {"nan", "inf", "-0.5", "1.5"}) {
    TomlDocument document = parsed("share = " + number + "\n");
    document.root().optional_number("share", {.min = 0, .max = 1});
    EXPECT_NE(problems(document), "") << number;
  }
}

}  // namespace
}  // namespace ocibench
