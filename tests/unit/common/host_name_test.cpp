#include "common/host_name.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ocibench {
namespace {

TEST(IsHost, TakesNamesAndAddressesWithAndWithoutAPort) {
  for (const std::string& host :
       {std::string("localhost"), std::string("registry.example"),
        std::string("Registry.example:1"), std::string("a-b.c:65535"), std::string("127.0.0.1"),
        std::string("10.0.0.5:5000"), std::string("[::1]"), std::string("[2001:db8::1]:5000"),
        std::string(63, 'a')}) {
    EXPECT_TRUE(is_host(host)) << host;
  }
}

TEST(IsHost, RefusesEverythingElse) {
  for (const std::string& host :
       {std::string(),        std::string(":5000"),     std::string("a:"),
        std::string("a:0"),   std::string("a:65536"),   std::string("a:05000000"),
        std::string("a:+1"),  std::string("a:5x"),      std::string("a..b"),
        std::string("-a"),    std::string("a-"),        std::string("a_b"),
        std::string("a/b"),   std::string("user@a"),    std::string("a b"),
        std::string("a\n"),   std::string("a\0b", 3),   std::string("127.0.0.1\0", 10),
        std::string("{{a}}"), std::string("[::1"),      std::string("::1"),
        std::string("[]"),    std::string("[g::1]"),    std::string("[::1]x"),
        std::string("127.1"), std::string("256.0.0.1"), std::string("1.2.3.4.5"),
        std::string(64, 'a'), std::string(256, 'a')}) {
    EXPECT_FALSE(is_host(host)) << host;
  }
}

TEST(IsLoopback, KnowsNamesAndNumbers) {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1:1", "127.8.8.8", "[::1]:5"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"127.evil.example", "10.0.0.1", "localhost.evil", "[::2]", "127.0.0.1.5",
                           "127.0.0.999", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace ocibench
