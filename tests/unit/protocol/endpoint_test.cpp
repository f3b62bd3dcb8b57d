#include "protocol/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& endpoint, EndpointUse use) {
  const auto checked = check_endpoint(endpoint, use);
  return checked ? "accepted" : checked.error().message;
}

TEST(Endpoint, IsAnyAddress) {
  for (const EndpointUse use : {EndpointUse::listen, EndpointUse::connect}) {
    EXPECT_EQ(refusal("tcp://127.0.0.1:5570", use), "accepted");
    EXPECT_EQ(refusal("tcp://10.0.0.5:5570", use), "accepted");
  }
  EXPECT_EQ(refusal("tcp://0.0.0.0:0", EndpointUse::listen), "accepted");
}

TEST(Endpoint, IsADnsNameOnlyToConnectTo) {
  const std::string named = "tcp://coordinator.bench.internal:5570";
  EXPECT_EQ(refusal(named, EndpointUse::connect), "accepted");
  EXPECT_THAT(refusal(named, EndpointUse::listen), HasSubstr("is not an endpoint"));
}

TEST(Endpoint, IsOnLoopbackIn127) {
  EXPECT_TRUE(is_loopback("tcp://127.0.0.1:5570"));
  EXPECT_TRUE(is_loopback("tcp://127.1.2.3:1"));
  for (const char* endpoint : {"tcp://10.0.0.5:5570", "tcp://128.0.0.1:1", "tcp://a.b:1", ""}) {
    EXPECT_FALSE(is_loopback(endpoint)) << endpoint;
  }
}

TEST(Endpoint, RefusesWhatLibzmqWouldMisread) {
  for (const char* endpoint :
       {"", "tcp://", "tcp://*:7171", "127.0.0.1:1", "tcp://10.0.0.1",
        "tcp://10.0.0.1:", "tcp://10.0.0.1:99999", "tcp://10.0.0.1:-1", "ipc:///tmp/x",
        "tcp://10.0.0.1.5:1", "tcp://eth0;10.0.0.1:1", "tcp://-a:1", "tcp://a b:1", "tcp://:1"}) {
    EXPECT_THAT(refusal(endpoint, EndpointUse::connect), HasSubstr("is not an endpoint"))
        << endpoint;
  }
}

}  // namespace
}  // namespace ocibench::protocol
