#include "coordinator/report/csv_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::coordinator {
namespace {

using testing::ElementsAre;

TEST(CsvRecords, ReadsWhatRfc4180Allows) {
  const auto records = parse_csv("a,b,c\r\n1,,\"x, \"\"y\"\"\r\nz\"\r\n");
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_THAT(*records,
              ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("1", "", "x, \"y\"\r\nz")));
}

TEST(CsvRecords, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"", "a,b", "a,b\n", "a,b\r\n1\r\n", "a\r\n1,2\r\n", "a\r\n\"1\r\n",
                           "a\r\n1\"2\"\r\n", "a\r\n\"1\"2\r\n"}) {
    const auto records = parse_csv(text);
    ASSERT_FALSE(records) << text;
    EXPECT_EQ(records.error().code, ErrorCode::bad_input);
  }
}

}  // namespace
}  // namespace ocibench::coordinator
