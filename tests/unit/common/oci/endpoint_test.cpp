#include "common/oci/endpoint.hpp"

#include <gtest/gtest.h>

namespace ocibench::oci {
namespace {

TEST(IsLoopback, KnowsNamesAndNumbers) {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1:1", "127.8.8.8", "[::1]:5"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"127.evil.example", "10.0.0.1", "localhost.evil", "[::2]"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace ocibench::oci
