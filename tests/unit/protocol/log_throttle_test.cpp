#include "protocol/log_throttle.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

TEST(LogThrottle, GivesALineAtThePowersOfTen) {
  LogThrottle throttle;
  std::vector<std::string> lines;
  for (int i = 0; i < 1'500; ++i) {
    if (auto line = throttle.line("lane-1", "dropped")) {
      lines.push_back(*line);
    }
  }
  EXPECT_THAT(lines, testing::ElementsAre("dropped", "dropped (10 times)", "dropped (100 times)",
                                          "dropped (1000 times)"));
}

TEST(LogThrottle, CountsKeysApartWhateverTheTextIs) {
  LogThrottle throttle;
  EXPECT_TRUE(throttle.line("lane-1", "version 127"));
  EXPECT_FALSE(throttle.line("lane-1", "version 128")) << "the text is the peer's choice";
  EXPECT_TRUE(throttle.line("lane-2", "version 127"));
}

TEST(LogThrottle, StaysBoundedWhenEachEventHasANewKey) {
  LogThrottle throttle;
  std::size_t lines = 0;
  for (std::size_t i = 0; i < LogThrottle::kMaxKeys + 9'999; ++i) {
    lines += throttle.line(std::to_string(i), "refused") ? 1U : 0U;
  }
  EXPECT_EQ(lines, LogThrottle::kMaxKeys + 4) << "the others: 1, 10, 100, 1000";
  EXPECT_EQ(throttle.line("one more", "refused"),
            "refused (10000 times, by others than the first 256)");
  EXPECT_FALSE(throttle.line("0", "refused")) << "those that were known stay known";
}

}  // namespace
}  // namespace ocibench::protocol
