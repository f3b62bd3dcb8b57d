#include "common/text.hpp"

#include <gtest/gtest.h>

namespace ocibench {
namespace {

TEST(Text, ShowsNoControlCharacterOfAnyEncoding) {
  EXPECT_EQ(printable("a\x1b[31m\r\n\t\x7f z"), "a [31m     z");
  EXPECT_EQ(printable("a\xc2\x9b\x33\x31mz", 100), "a  31mz");  // CSI as one character, U+009B
  EXPECT_EQ(printable("\xc2\xa0\xc2\xb5\xe2\x82\xac"), "\xc2\xa0\xc2\xb5\xe2\x82\xac");
  EXPECT_EQ(printable("a\nb", 100, '?'), "a?b");
}

TEST(Text, CutsVisiblyAndBetweenCharacters) {
  EXPECT_EQ(clip("abcdef", 6), "abcdef");
  EXPECT_EQ(clip("abcdefg", 6), "abc...");
  EXPECT_EQ(clip("ab\xe2\x82\xac\xe2\x82\xac", 7), "ab...");
  EXPECT_EQ(clip("ab\xe2\x82\xac\xe2\x82\xac", 8), "ab\xe2\x82\xac\xe2\x82\xac");
  EXPECT_EQ(printable("ab\xe2\x82\xac", 4), "ab");
}

}  // namespace
}  // namespace ocibench
