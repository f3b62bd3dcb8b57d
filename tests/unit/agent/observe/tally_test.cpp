#include "agent/observe/tally.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr WallTime kStart{milliseconds(1'000'000)};

std::string blob(char digit) { return "sha256:" + std::string(64, digit); }

LoggedRequest request(const std::string& method, const std::string& target, int status,
                      milliseconds after = milliseconds(10)) {
  return {.ended = kStart + after,
          .connection = 1,
          .method = method,
          .target = target,
          .status = status,
          .received_bytes = 100,
          .sent_bytes = 1000,
          .user_agent = "copier/1"};
}

TEST(Tally, CountsByClassAndStatus) {
  const WireObservation seen = tally(
      {.source = {request("GET", "/v2/", 200)},
       .target = {request("HEAD", "/v2/a/blobs/" + blob('1'), 404), request("GET", "/v2/", 200),
                  request("HEAD", "/v2/a/blobs/" + blob('2'), 404),
                  request("HEAD", "/v2/a/blobs/" + blob('2'), 200)}},
      kStart);
  EXPECT_THAT(
      seen.requests,
      ElementsAre(RequestCount{RegistrySide::source, RequestClass::ping, 200, 1, 100, 1000},
                  RequestCount{RegistrySide::target, RequestClass::ping, 200, 1, 100, 1000},
                  RequestCount{RegistrySide::target, RequestClass::blob_head, 200, 1, 100, 1000},
                  RequestCount{RegistrySide::target, RequestClass::blob_head, 404, 2, 200, 2000}));
  EXPECT_THAT(seen.user_agents, ElementsAre("copier/1"));
}

TEST(Tally, CountsAConnectionOnce) {
  RecordedRequests requests = {.source = {request("GET", "/v2/", 200), request("GET", "/v2/", 200)},
                               .target = {request("GET", "/v2/", 200)}};
  requests.source[1].connection = 9;
  const WireObservation seen = tally(requests, kStart);
  EXPECT_EQ(seen.source_connections, 2U);
  EXPECT_EQ(seen.target_connections, 1U);
}

TEST(Tally, CountsATlsGreetingAsAConnectionOnly) {
  const WireObservation seen = tally({.source = {request("", "", 400)}}, kStart);
  EXPECT_EQ(seen.requests.size(), 0U);
  EXPECT_EQ(seen.source_connections, 1U);
}

TEST(Tally, CallsABlobThatIsSentAgainADuplicate) {
  const std::string first = "/v2/a/blobs/" + blob('1');
  const std::string elsewhere = "/v2/b/blobs/" + blob('1');
  EXPECT_EQ(tally({.source = {request("GET", first, 200), request("GET", elsewhere, 200),
                              request("GET", first, 206)}},
                  kStart)
                .duplicate_blob_gets,
            2U);
}

TEST(Tally, DoesNotCallASecondAttemptADuplicate) {
  const std::string first = "/v2/a/blobs/" + blob('1');
  const WireObservation seen =
      tally({.source = {request("GET", first, 503), request("GET", first, 206),
                        request("GET", first, 200), request("GET", first, 404),
                        request("GET", "/v2/a/blobs/" + blob('2'), 200)}},
            kStart);
  EXPECT_EQ(seen.duplicate_blob_gets, 0U);
}

TEST(Tally, TellsWhenEachImageWasComplete) {
  const WireObservation seen =
      tally({.target = {request("PUT", "/v2/x/manifests/" + blob('1'), 201, milliseconds(5)),
                        request("PUT", "/v2/x/manifests/1", 503, milliseconds(7)),
                        request("PUT", "/v2/x/manifests/1", 201, milliseconds(20)),
                        request("PUT", "/v2/y/manifests/1", 201, milliseconds(30)),
                        request("PUT", "/v2/x/manifests/1", 201, milliseconds(40))}},
            kStart);
  EXPECT_THAT(seen.images, ElementsAre(ImageCompletion{"x", "1", milliseconds(20)},
                                       ImageCompletion{"y", "1", milliseconds(30)}));
}

TEST(Tally, PutsNothingBeforeTheStart) {
  const WireObservation seen =
      tally({.target = {request("PUT", "/v2/x/manifests/1", 201, milliseconds(-1))}}, kStart);
  EXPECT_THAT(seen.images, ElementsAre(ImageCompletion{"x", "1", milliseconds(0)}));
}

TEST(Tally, FindsNothingInNothing) { EXPECT_EQ(tally({}, kStart), WireObservation{}); }

}  // namespace
}  // namespace ocibench::agent
