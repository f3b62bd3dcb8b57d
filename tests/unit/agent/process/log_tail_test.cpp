#include "agent/process/log_tail.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using Lines = std::vector<std::string>;

Lines tail_of(std::string_view text) {
  LogTail tail;
  tail.append(text);
  return tail.lines();
}

TEST(LogTail, KeepsTheLastLinesInOrder) {
  LogTail tail;
  for (int line = 0; line < 10'000; ++line) {
    tail.append("line " + std::to_string(line) + "\n");
  }
  ASSERT_EQ(tail.lines().size(), LogTail::kMaxLines);
  EXPECT_EQ(tail.lines().front(), "line 9980");
  EXPECT_EQ(tail.lines().back(), "line 9999");
}

TEST(LogTail, JoinsLinesThatCameInPieces) {
  LogTail tail;
  tail.append("a");
  tail.append("b\r\n\nc");
  EXPECT_EQ(tail.lines(), (Lines{"ab", "c"}));
}

TEST(LogTail, CutsLongLinesOnACharacter) {
  std::string umlauts;
  for (int i = 0; i < 400; ++i) {
    umlauts += "x\xc3\xa4";
  }
  const Lines lines = tail_of(umlauts);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].size(), 499U);
}

TEST(LogTail, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(tail_of("ok \xe2\x82\xac"), (Lines{"ok \xe2\x82\xac"}));
  EXPECT_EQ(tail_of("\xff\xc0\xaf"), (Lines{"???"}));
  EXPECT_EQ(tail_of("\xed\xa0\x80"), (Lines{"???"})) << "surrogate";
  EXPECT_EQ(tail_of("\xe2\x82"), (Lines{"??"})) << "cut off";
  EXPECT_EQ(tail_of(std::string_view("\x1b[31m\0\t", 7)), (Lines{"?[31m?\t"}));
}

TEST(LogTail, StaysSmallWhateverComes) {
  LogTail tail;
  tail.append(std::string(10'000'000, 'x'));
  EXPECT_EQ(tail.lines(), (Lines{std::string(LogTail::kMaxLineBytes, 'x')}));
}

}  // namespace
}  // namespace ocibench::agent
