#include "agent/sampling/net_dev.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

constexpr const char* kNetDev =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n"
    "    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0  "
    "  "
    "0     0       0          0\n"
    "eth0:126619262    4084    1    2    0     0          0         0   200579    2652    0    5   "
    " "
    "0     0       0          0\n";

constexpr const char* kRoute =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    "ens5\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "ens5\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

constexpr const char* kRoute6 =
    "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fd000000000000000000000000000001 00000400 00000002 00000000 00000003     enp39s0\n";

TEST(NetDev, ReadsTheColumnsThatMatter) {
  const auto interfaces = parse_net_dev(kNetDev);
  ASSERT_TRUE(interfaces) << interfaces.error().message;
  EXPECT_EQ(interfaces->size(), 2U);
  EXPECT_EQ(interfaces->at("eth0"), (InterfaceCounters{.rx_bytes = 126619262,
                                                       .rx_packets = 4084,
                                                       .rx_dropped = 2,
                                                       .tx_bytes = 200579,
                                                       .tx_packets = 2652,
                                                       .tx_dropped = 5}));
}

TEST(NetDev, NamesTheLineThatIsWrong) {
  const auto interfaces = parse_net_dev(std::string(kNetDev) + "eth1: 1 2 3\n");
  ASSERT_FALSE(interfaces);
  EXPECT_EQ(interfaces.error().code, ErrorCode::bad_input);
  EXPECT_NE(interfaces.error().message.find("/proc/net/dev:5:"), std::string::npos);
}

TEST(NetDev, RefusesANumberThatDoesNotFit) {
  const std::string zeros = " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
  EXPECT_FALSE(parse_net_dev("|\n|\nlo: 99999999999999999999999" + zeros));
  EXPECT_FALSE(parse_net_dev("|\n|\nlo: -1" + zeros));
  EXPECT_TRUE(parse_net_dev("|\n|\nlo: 18446744073709551615" + zeros));
}

TEST(NetDev, FindsOneInterfaceByItsWholeName) {
  const std::string text = std::string(kNetDev) + "eth01:7 0 0 0 0 0 0 0 8 0 0 0 0 0 0 0\n";
  EXPECT_EQ(find_in_net_dev(text, "eth01")->rx_bytes, 7U);
  EXPECT_EQ(find_in_net_dev(text, "lo")->tx_bytes, 3193U);
  EXPECT_FALSE(find_in_net_dev(text, "eth"));
}

TEST(NetDev, TakesACounterThatFellForAReset) {
  const InterfaceCounters before{.rx_bytes = 10, .tx_bytes = 10};
  EXPECT_EQ(difference(before, {.rx_bytes = 15, .tx_bytes = 30})->tx_bytes, 20U);
  EXPECT_FALSE(difference(before, {.rx_bytes = 15, .tx_bytes = 9}));
}

TEST(DefaultRoute, IsTheOneWithTheLowestMetric) {
  EXPECT_EQ(default_route_interface(kRoute, kRoute6), "ens5");
}

TEST(DefaultRoute, IsIpv6sWhenThereIsNoOther) {
  EXPECT_EQ(default_route_interface("Iface\tDestination\n", kRoute6), "enp39s0");
}

TEST(DefaultRoute, MayBeMissing) {
  EXPECT_FALSE(default_route_interface("", ""));
  EXPECT_FALSE(default_route_interface("garbage\n\n\xff", "00 00"));
}

}  // namespace
}  // namespace ocibench::agent
