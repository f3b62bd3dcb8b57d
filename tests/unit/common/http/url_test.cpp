#include "common/http/url.hpp"

#include <gtest/gtest.h>

namespace ocibench::http {
namespace {

TEST(IsLoopback, KnowsNamesAndNumbers) {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1:1", "127.8.8.8", "[::1]:5"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"127.evil.example", "10.0.0.1", "localhost.evil", "[::2]"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(PercentEncoded, KeepsWhatRfc3986CallsUnreserved) {
  EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encoded("a b/c+d=\xc3\xa9"), "a%20b%2Fc%2Bd%3D%C3%A9");
}

}  // namespace
}  // namespace ocibench::http
