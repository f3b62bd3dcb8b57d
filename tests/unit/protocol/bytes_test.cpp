#include <string>

#include <gtest/gtest.h>

#include "protocol/crc32c.hpp"
#include "protocol/utf8.hpp"

namespace ocibench::protocol {
namespace {

std::string counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) {
    bytes.push_back(static_cast<char>(first + step * i));
  }
  return bytes;
}

TEST(Crc32c, AgreesWithRfc3720AppendixB4) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(counting(0, 1)), 0x46DD794EU);
  EXPECT_EQ(crc32c(counting(31, -1)), 0x113FDB5CU);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Utf8, AcceptsTheFirstAndLastOfEveryLength) {
  for (const std::string& text :
       {std::string("\0", 1), std::string("\x7F"), std::string("\xC2\x80"), std::string("\xDF\xBF"),
        std::string("\xE0\xA0\x80"), std::string("\xED\x9F\xBF"), std::string("\xEE\x80\x80"),
        std::string("\xEF\xBF\xBF"), std::string("\xF0\x90\x80\x80"),
        std::string("\xF4\x8F\xBF\xBF")}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(mend_utf8(text), text);
  }
}

TEST(Utf8, RefusesOverlongSurrogateTooLargeAndCutSequences) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                           "\xC2", "\xE1\x80", "\xF1\x80\x80", "\xC2\x41", "\xE1\x80\x41"}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_utf8(mend_utf8(text)));
  }
}

TEST(Utf8, MendsInPlace) { EXPECT_EQ(mend_utf8("a\xFF\xC2\xB5\xE1\x80z"), "a?\xC2\xB5??z"); }

}  // namespace
}  // namespace ocibench::protocol
