// Client against servers that do what docker-registry cannot be made to do.
#include <algorithm>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "common/clock.hpp"
#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/seed_image.hpp"

namespace ocibench::oci {
namespace {

using testing_support::AfterAnswer;
using testing_support::blob_of;
using testing_support::RawServer;
using testing_support::ScriptedAnswer;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedRequest;

const ByteSink kDiscard = [](std::string_view) { return Result<void>{}; };

Client client_of(const ScriptedRegistry& registry, ClientLimits limits = {}) {
  return Client::create(registry.endpoint(), limits).value();
}

int count_of(const ScriptedRegistry& registry, std::string_view part) {
  int count = 0;
  for (const ScriptedRequest& request : registry.requests()) {
    count += request.target.find(part) != std::string::npos ? 1 : 0;
  }
  return count;
}

TEST(BearerToken, IsFetchedOnceForEachScope) {
  std::string realm;
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target.starts_with("/token")) {
      return {.body = R"({"access_token":"secret"})"};
    }
    if (request.authorization != "Bearer secret") {
      return {.status = 401,
              .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm +
                                                   "/token\",service=\"s p\",scope=\"other\""}}};
    }
    return {.body = R"({"tags":["v1"]})"};
  });
  realm = registry.url();
  Client client = client_of(registry);
  ASSERT_TRUE(client.list_tags("one"));
  ASSERT_TRUE(client.list_tags("one"));
  ASSERT_TRUE(client.list_tags("two"));
  EXPECT_EQ(count_of(registry, "/token?service=s%20p&scope=repository%3Aone%3Apull"), 1);
  EXPECT_EQ(count_of(registry, "/token?service=s%20p&scope=repository%3Atwo%3Apull"), 1);
}

TEST(BearerToken, UsesTheRegistrysScopeWhenOursWasNotEnough) {
  std::string realm;
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target.starts_with("/token")) {
      const bool wide = request.target.find("wide") != std::string::npos;
      return {.body = wide ? R"({"token":"good"})" : R"({"token":"weak"})"};
    }
    if (request.authorization != "Bearer good") {
      return {
          .status = 401,
          .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "/token\",scope=\"wide\""}}};
    }
    return {.body = R"({"tags":[]})"};
  });
  realm = registry.url();
  const auto tags = client_of(registry).list_tags("one");
  EXPECT_TRUE(tags) << tags.error().message;
}

TEST(BearerToken, ThatIsNeverAcceptedEndsInAnError) {
  std::string realm;
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target.starts_with("/token")) {
      return {.body = R"({"token":"t"})"};
    }
    return {.status = 401,
            .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "/token\""}}};
  });
  realm = registry.url();
  const auto tags = client_of(registry).list_tags("one");
  EXPECT_EQ(tags.error().code, ErrorCode::unavailable);
  EXPECT_LE(registry.requests().size(), 6U);
}

TEST(BasicAuth, SendsTheCredentialsWhenAsked) {
  ScriptedRegistry registry([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.authorization != "Basic dTpwYXNz") {  // base64 of u:pass
      return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
    }
    return {};
  });
  Endpoint endpoint = registry.endpoint();
  EXPECT_EQ(Client::create(endpoint)->ping().error().code, ErrorCode::unavailable);
  endpoint.credentials = Credentials{"u", "pass"};
  EXPECT_TRUE(Client::create(endpoint)->ping());
}

TEST(Redirect, ToAnotherHostCarriesNoCredentials) {
  ScriptedRegistry storage([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.headers = {{"X-Cache", "Hit from cloudfront"}, {"Age", "12"}}, .body = "content"};
  });
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.authorization.empty()) {
      return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
    }
    return {.status = 307, .headers = {{"Location", storage.url() + "/signed?signature=a%2Fb"}}};
  });
  Endpoint endpoint = registry.endpoint();
  endpoint.credentials = Credentials{"user", "pass"};
  Client client = Client::create(endpoint).value();
  const auto facts = client.get_blob("repo", blob_of("content"), kDiscard);
  ASSERT_TRUE(facts) << facts.error().message;
  ASSERT_EQ(storage.requests().size(), 1U);
  EXPECT_EQ(storage.requests().front().authorization, "");
  EXPECT_EQ(storage.requests().front().target, "/signed?signature=a%2Fb");
  EXPECT_EQ(facts->final_host, storage.host());
  EXPECT_EQ(facts->redirects, 1U);
  EXPECT_EQ(facts->headers.at("x-cache"), "Hit from cloudfront");
  EXPECT_EQ(facts->headers.at("age"), "12");
}

TEST(Redirect, ThatNeverEndsIsAnError) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 302, .headers = {{"Location", "/again"}}};
  });
  EXPECT_FALSE(client_of(registry).ping());
  EXPECT_EQ(registry.requests().size(), 6U);
}

TEST(Redirect, ErrorsDoNotShowTheSignedQuery) {
  ScriptedRegistry storage(
      [](const ScriptedRequest&) -> ScriptedAnswer { return {.status = 403}; });
  ScriptedRegistry registry([&](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 307, .headers = {{"Location", storage.url() + "/b?signature=hidden"}}};
  });
  const auto facts = client_of(registry).get_blob("repo", blob_of("x"), kDiscard);
  EXPECT_EQ(facts.error().message, "GET " + storage.url() + "/b: 403");
}

TEST(Retry, WaitsAsLongAsTheRegistryAsks) {
  int asked = 0;
  ScriptedRegistry registry([&](const ScriptedRequest&) -> ScriptedAnswer {
    if (++asked == 1) {
      return {.status = 429, .headers = {{"Retry-After", "1"}}};
    }
    return {};
  });
  const SystemClock clock;
  const MonoTime before = clock.now();
  const auto facts = client_of(registry).ping();
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->retries, 1U);
  EXPECT_GE(clock.now() - before, std::chrono::milliseconds(950));
}

TEST(Retry, IsBoundedInNumber) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 503, .headers = {{"Retry-After", "0"}}};
  });
  const auto facts = client_of(registry, {.max_retries = 3}).ping();
  EXPECT_EQ(facts.error().code, ErrorCode::unavailable);
  EXPECT_EQ(registry.requests().size(), 4U);
}

TEST(Retry, IsBoundedInTime) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 429, .headers = {{"Retry-After", "86400"}}};
  });
  const auto facts = client_of(registry).ping();
  EXPECT_EQ(facts.error().message, "GET " + registry.url() +
                                       "/v2/: 429 asks to wait 86400 s, and no more than 60 s is "
                                       "allowed");
}

TEST(Retry, StartsARefusedUploadFromTheBeginning) {
  int puts = 0;
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.method == "POST") {
      return {.status = 202, .headers = {{"Location", "/up?state=a%2Bb"}}};
    }
    return ++puts == 1 ? ScriptedAnswer{.status = 503, .headers = {{"Retry-After", "0"}}}
                       : ScriptedAnswer{.status = 201};
  });
  const auto uploaded = client_of(registry).upload_blob(
      "repo", blob_of("content"), []() -> Result<ByteSource> { return source_of("content"); });
  ASSERT_TRUE(uploaded) << uploaded.error().message;
  const auto requests = registry.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[2].method, "POST");
  EXPECT_EQ(requests[3].body, "content");
}

TEST(Deletion, IsDoneGoneOrRefusedAndNoneOfThemIsAnError) {
  int status = 202;
  ScriptedRegistry registry(
      [&](const ScriptedRequest&) { return ScriptedAnswer{.status = status}; });
  const std::string digest = sha256_digest("manifest");
  const auto kind = [&](int answered) {
    status = answered;
    const auto deletion = client_of(registry).delete_manifest("repo", digest);
    EXPECT_TRUE(deletion) << answered;
    return deletion.value_or(oci::Deletion{}).kind;
  };
  EXPECT_EQ(kind(202), Deletion::Kind::deleted);
  EXPECT_EQ(kind(404), Deletion::Kind::absent);
  for (const int refusal : {400, 403, 405}) {
    EXPECT_EQ(kind(refusal), Deletion::Kind::refused) << refusal;
  }
  EXPECT_EQ(registry.requests().front().method, "DELETE");
  EXPECT_EQ(registry.requests().front().target, "/v2/repo/manifests/" + digest);
}

TEST(BearerToken, IsGotForAnIdentityTokenByOAuth2) {
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target == "/token") {
      return {.body = R"({"access_token":"access"})"};
    }
    if (request.authorization == "Bearer access") {
      return {};
    }
    return {.status = 401,
            .headers = {{"WWW-Authenticate",
                         "Bearer realm=\"" + registry.url() + "/token\",service=\"a service\""}}};
  });
  Endpoint endpoint = registry.endpoint();
  endpoint.credentials = Credentials{"", "", "refresh+me"};
  ASSERT_TRUE(Client::create(endpoint)->ping());
  const auto requests = registry.requests();
  const auto asked = std::ranges::find(requests, "/token", &ScriptedRequest::target);
  ASSERT_NE(asked, requests.end());
  EXPECT_EQ(asked->method, "POST");
  EXPECT_EQ(asked->authorization, "");
  EXPECT_EQ(asked->body,
            "grant_type=refresh_token&client_id=ocibench&service=a%20service&scope=&"
            "refresh_token=refresh%2Bme");
}

TEST(Upload, KeepsTheQueryOfARelativeLocation) {
  ScriptedRegistry registry([](const ScriptedRequest& request) -> ScriptedAnswer {
    return request.method == "POST"
               ? ScriptedAnswer{.status = 202, .headers = {{"Location", "/up?state=a%2Bb"}}}
               : ScriptedAnswer{.status = 201};
  });
  const BlobInfo blob = blob_of("content");
  ASSERT_TRUE(client_of(registry).upload_blob(
      "repo", blob, []() -> Result<ByteSource> { return source_of("content"); }));
  EXPECT_EQ(registry.requests().back().target, "/up?state=a%2Bb&digest=" + blob.digest);
}

TEST(Tags, AreReadOverAllPages) {
  ScriptedRegistry registry([](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target.find("last=b") == std::string::npos) {
      return {.headers = {{"Link", "</v2/repo/tags/list?n=2&last=b>; rel=\"next\""}},
              .body = R"({"name":"repo","tags":["a","b"]})"};
    }
    return {.body = R"({"name":"repo","tags":["c"]})"};
  });
  EXPECT_EQ(client_of(registry).list_tags("repo").value(),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Tags, DoNotGoInCircles) {
  ScriptedRegistry registry([](const ScriptedRequest& request) -> ScriptedAnswer {
    return {.headers = {{"Link", "<" + request.target + ">; rel=\"next\""}},
            .body = R"({"tags":["a"]})"};
  });
  EXPECT_EQ(client_of(registry).list_tags("repo").error().code, ErrorCode::limit);
}

std::string index_of_referrers() {
  return write_manifest({.media_type = std::string(media_type::kOciIndex),
                         .children = {{.media_type = std::string(media_type::kOciManifest),
                                       .digest = sha256_digest("sbom"),
                                       .size_bytes = 4,
                                       .artifact_type = "application/sbom"},
                                      {.media_type = std::string(media_type::kOciManifest),
                                       .digest = sha256_digest("signature"),
                                       .size_bytes = 9,
                                       .artifact_type = "application/signature"}}});
}

TEST(Referrers, AreFilteredEvenWhenTheRegistryDoesNot) {
  ScriptedRegistry registry([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.headers = {{"Content-Type", std::string(media_type::kOciIndex)}},
            .body = index_of_referrers()};
  });
  const auto all = client_of(registry).referrers("repo", sha256_digest("image"));
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->size(), 2U);
  const auto some =
      client_of(registry).referrers("repo", sha256_digest("image"), "application/sbom");
  ASSERT_EQ(some->size(), 1U);
  EXPECT_EQ(some->front().digest, sha256_digest("sbom"));
}

TEST(Referrers, ComeFromTheTagWhereThereIsNoApi) {
  const std::string tag = referrers_tag(sha256_digest("image"));
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target == "/v2/repo/manifests/" + tag) {
      return {.headers = {{"Content-Type", std::string(media_type::kOciIndex)}},
              .body = index_of_referrers()};
    }
    return {
        .status = 404, .headers = {{"Content-Type", "text/plain"}}, .body = "404 page not found"};
  });
  const auto found = client_of(registry).referrers("repo", sha256_digest("image"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 2U);
}

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

TEST(HostileAnswer, SilenceEndsAtTheIdleTimeout) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", AfterAnswer::stay_silent);
  Client client =
      Client::create(server.endpoint(), {.idle_timeout = std::chrono::milliseconds(1000)}).value();
  EXPECT_EQ(client.ping().error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace ocibench::oci
