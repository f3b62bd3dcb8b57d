#include "protocol/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& endpoint, EndpointUse use, PeerKeys keys) {
  const auto checked = check_endpoint(endpoint, use, keys);
  return checked ? "accepted" : checked.error().message;
}

TEST(Endpoint, WithoutKeysIsALoopbackAddress) {
  for (const EndpointUse use : {EndpointUse::listen, EndpointUse::connect}) {
    EXPECT_EQ(refusal("tcp://127.0.0.1:5570", use, PeerKeys::absent), "accepted");
    EXPECT_EQ(refusal("tcp://127.1.2.3:1", use, PeerKeys::absent), "accepted");
    EXPECT_THAT(refusal("tcp://0.0.0.0:5570", use, PeerKeys::absent), HasSubstr("ocibench keygen"));
    EXPECT_THAT(refusal("tcp://10.0.0.5:5570", use, PeerKeys::absent), HasSubstr("--key"));
    EXPECT_THAT(refusal("tcp://localhost:5570", use, PeerKeys::absent),
                HasSubstr("is not an endpoint"));
  }
}

TEST(Endpoint, WithKeysIsAnyAddress) {
  for (const EndpointUse use : {EndpointUse::listen, EndpointUse::connect}) {
    EXPECT_EQ(refusal("tcp://10.0.0.5:5570", use, PeerKeys::present), "accepted");
  }
  EXPECT_EQ(refusal("tcp://0.0.0.0:0", EndpointUse::listen, PeerKeys::present), "accepted");
}

TEST(Endpoint, IsADnsNameOnlyToConnectTo) {
  const std::string named = "tcp://coordinator.bench.internal:5570";
  EXPECT_EQ(refusal(named, EndpointUse::connect, PeerKeys::present), "accepted");
  EXPECT_THAT(refusal(named, EndpointUse::listen, PeerKeys::present),
              HasSubstr("is not an endpoint"));
}

TEST(Endpoint, RefusesWhatLibzmqWouldMisread) {
  for (const char* endpoint :
       {"", "tcp://", "tcp://*:7171", "127.0.0.1:1", "tcp://10.0.0.1",
        "tcp://10.0.0.1:", "tcp://10.0.0.1:99999", "tcp://10.0.0.1:-1", "ipc:///tmp/x",
        "tcp://10.0.0.1.5:1", "tcp://eth0;10.0.0.1:1", "tcp://-a:1", "tcp://a b:1", "tcp://:1"}) {
    EXPECT_THAT(refusal(endpoint, EndpointUse::connect, PeerKeys::present),
                HasSubstr("is not an endpoint"))
        << endpoint;
  }
}

}  // namespace
}  // namespace ocibench::protocol
