#include "common/units.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "common/clock.hpp"

namespace ocibench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(FormatBytes, UsesDecimalUnitsWithThreeDigits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1000), "1.00 kB");
  EXPECT_EQ(format_bytes(24'340'000), "24.3 MB");
  EXPECT_EQ(format_bytes(999'600'000), "1.00 GB");
  EXPECT_EQ(format_bytes(1'037'660'160), "1.04 GB");
}

TEST(FormatDuration, PicksTheUnitThatKeepsThreeDigits) {
  EXPECT_EQ(format_duration(nanoseconds(840'000)), "840 us");
  EXPECT_EQ(format_duration(nanoseconds(12'400'000)), "12.4 ms");
  EXPECT_EQ(format_duration(milliseconds(999)), "999 ms");
  EXPECT_EQ(format_duration(milliseconds(3070)), "3.07 s");
  EXPECT_EQ(format_duration(std::chrono::seconds(125)), "2 min 5 s");
}

TEST(Plural, IsOneOnlyForOne) {
  EXPECT_EQ(plural(0, "image"), "0 images");
  EXPECT_EQ(plural(1, "image"), "1 image");
  EXPECT_EQ(plural(2, "public key"), "2 public keys");
}

TEST(FormatRfc3339, IsUtcWithMilliseconds) {
  const WallTime time{milliseconds(1'795'291'200'123)};
  EXPECT_EQ(format_rfc3339(time), "2026-11-21T20:00:00.123Z");
  EXPECT_EQ(format_compact(time), "20261121T200000Z");
}

}  // namespace
}  // namespace ocibench
