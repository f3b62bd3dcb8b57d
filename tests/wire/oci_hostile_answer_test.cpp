// Client against servers whose answers are too large, too slow or false.

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/clock.hpp"
#include "common/model/limits.hpp"
#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/seed_image.hpp"
#include "tests/wire/scripted_client.hpp"

namespace ocibench::oci {
namespace {

using testing::HasSubstr;
using testing_support::AfterAnswer;
using testing_support::blob_of;
using testing_support::RawServer;
using testing_support::ScriptedAnswer;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedRequest;
using testing_support::Slowly;

TEST(HostileAnswer, ManifestsAreBounded) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.body = std::string(kMaxManifestBytes + 1, ' ')};
  });
  EXPECT_EQ(client_of(registry).get_manifest("repo", "v1").error().code, ErrorCode::limit);
}

TEST(HostileAnswer, ErrorBodiesAreBounded) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 500, .body = std::string(10'000'000, 'e')};
  });
  EXPECT_EQ(client_of(registry).ping().error().code, ErrorCode::limit);
}

TEST(HostileAnswer, ManifestOfAnotherDigestIsRefused) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.headers = {{"Content-Type", std::string(media_type::kOciIndex)}},
            .body = index_of_referrers()};
  });
  const std::string wanted = sha256_digest("wanted");
  const auto fetched = client_of(registry).get_manifest("repo", wanted);
  EXPECT_EQ(fetched.error().code, ErrorCode::bad_input);
  EXPECT_NE(fetched.error().message.find(wanted), std::string::npos);
  EXPECT_NE(fetched.error().message.find(sha256_digest(index_of_referrers())), std::string::npos);
}

TEST(HostileAnswer, BlobOfAnotherDigestIsRefused) {
  ScriptedRegistry registry(
      [](const ScriptedRequest&) -> ScriptedAnswer { return {.body = "malware"}; });
  EXPECT_EQ(client_of(registry).get_blob("repo", blob_of("content"), kDiscard).error().code,
            ErrorCode::bad_input);
}

TEST(HostileAnswer, BlobThatIsTooLongStopsAtOnce) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.body = std::string(5'000'000, 'x')};
  });
  std::size_t taken = 0;
  const auto facts =
      client_of(registry).get_blob("repo", blob_of("content"), [&](std::string_view bytes) {
        taken += bytes.size();
        return Result<void>{};
      });
  EXPECT_EQ(facts.error().code, ErrorCode::limit);
  EXPECT_EQ(taken, 0U);
}

TEST(HostileAnswer, BodyShorterThanItsContentLengthIsAnError) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort");
  Client client = Client::create(server.endpoint()).value();
  EXPECT_EQ(client.get_blob("repo", {sha256_digest("x"), 1000}, kDiscard).error().code,
            ErrorCode::bad_input);
}

TEST(HostileAnswer, HeadersAreBounded) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100'000; ++i) {
    answer += "X-" + std::to_string(i) + ": y\r\n";
  }
  const RawServer server(answer + "\r\n");
  EXPECT_EQ(Client::create(server.endpoint())->ping().error().code, ErrorCode::limit);
}

TEST(HostileAnswer, WhatIsNoHttpIsAnError) {
  const RawServer server("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_FALSE(Client::create(server.endpoint())->ping());
}

TEST(HostileAnswer, WhatTricklesEndsAtTheAnswerTimeout) {
  const SystemClock clock;
  const std::string slow(60'000, 'x');
  for (const std::string& begin :
       {std::string("HTTP/1.1 200 OK\r\nX-Slow: "),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"),
        std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 60000\r\n\r\n")}) {
    const RawServer server(begin + slow, Slowly{.at_once_bytes = begin.size()});
    Client client =
        Client::create(server.endpoint(), {.answer_timeout = std::chrono::milliseconds(300)})
            .value();
    const MonoTime asked = clock.now();
    const Error late = client.get_manifest("repo", "v1").error();
    EXPECT_LT(clock.now() - asked, std::chrono::seconds(20)) << begin;
    EXPECT_EQ(late.code, ErrorCode::timeout) << begin;
    EXPECT_THAT(late.message, HasSubstr(server.endpoint().host + "/v2/repo/manifests/v1"));
    EXPECT_THAT(late.message, HasSubstr("0.3 s after the request")) << begin;
  }
}

TEST(HostileAnswer, ABlobThatTricklesEndsAtTheStallLimit) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n";
  const RawServer server(begin + std::string(60'000, 'x'), Slowly{.at_once_bytes = begin.size()});
  Client client =
      Client::create(server.endpoint(), {.idle_timeout = std::chrono::milliseconds(1000)}).value();
  EXPECT_EQ(client.get_blob("repo", {sha256_digest("x"), 60'000}, kDiscard).error().code,
            ErrorCode::timeout);
}

TEST(HostileAnswer, ABlobMayTakeLongerThanTheAnswerTimeout) {
  const std::string content(100'000, 'x');
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
  const RawServer server(begin + content,
                         Slowly{.at_once_bytes = begin.size() + 10'000, .then_bytes = 5'000});
  Client client =
      Client::create(server.endpoint(), {.answer_timeout = std::chrono::milliseconds(300)}).value();
  const auto got = client.get_blob("repo", blob_of(content), kDiscard);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_GT(got->total, std::chrono::milliseconds(300));
}

TEST(HostileAnswer, SilenceEndsAtTheIdleTimeout) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", AfterAnswer::stay_silent);
  Client client =
      Client::create(server.endpoint(), {.idle_timeout = std::chrono::milliseconds(1000)}).value();
  EXPECT_EQ(client.ping().error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace ocibench::oci
