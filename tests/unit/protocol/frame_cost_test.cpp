#include "protocol/frame_cost.hpp"

#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

// Seen on the loopback interface and on a veth pair with libzmq 4.3.4: an exchange of 100 bytes
// and 60 bytes in answer is two packets with data and one acknowledgement.
TEST(FrameCost, IsWhatAnInterfaceCountsForAHeartbeatAndItsAnswer) {
  EXPECT_EQ(wire_bytes(100, Link::loopback) + wire_bytes(60, Link::loopback) +
                acknowledgement_bytes(Link::loopback),
            386U);
  EXPECT_EQ(wire_bytes(100, Link::ethernet) + acknowledgement_bytes(Link::ethernet), 267U);
  EXPECT_EQ(wire_bytes(60, Link::ethernet), 161U);
}

TEST(FrameCost, HasALongerHeaderAboveWhatOneByteCanSay) {
  constexpr std::size_t kCurve = 33;  // https://rfc.zeromq.org/spec/26
  EXPECT_EQ(wire_bytes(255 - kCurve, Link::loopback), 255U + 2 + 52);
  EXPECT_EQ(wire_bytes(256 - kCurve, Link::loopback), 256U + 9 + 52);
}

TEST(FrameCost, HasHeadersForEachSegment) {
  EXPECT_EQ(wire_bytes(1'000'000, Link::ethernet), 1'000'000U + 33 + 9 + 16 * 66);
}

}  // namespace
}  // namespace ocibench::protocol
