// Client against servers that do what docker-registry cannot be made to do.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/clock.hpp"
#include "common/file.hpp"
#include "common/model/limits.hpp"
#include "common/oci/client.hpp"
#include "common/oci/digest.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/seed_image.hpp"
#include "tests/wire/scripted_client.hpp"

namespace ocibench::oci {
namespace {

using testing::HasSubstr;
using testing_support::blob_of;
using testing_support::RawServer;
using testing_support::ScriptedAnswer;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedRequest;

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

TEST(PlainHttp, CarriesCredentialsOnLoopbackOnly) {
  const Credentials credentials{"u", "pass", ""};
  for (const char* host : {"registry.example", "10.0.0.1:5000", "127.evil.example"}) {
    const auto client =
        Client::create({.host = host, .scheme = Scheme::http, .credentials = credentials});
    ASSERT_FALSE(client) << host;
    EXPECT_EQ(client.error().code, ErrorCode::bad_input);
    EXPECT_NE(client.error().message.find(std::string("docker logout ") + host), std::string::npos)
        << client.error().message;
    EXPECT_TRUE(Client::create({.host = host, .scheme = Scheme::http}));
    EXPECT_TRUE(Client::create({.host = host, .credentials = credentials}));
  }
  EXPECT_TRUE(Client::create(
      {.host = "localhost:5000", .scheme = Scheme::http, .credentials = credentials}));
}

/// https to us, and leads to `elsewhere` with everything that is asked.
ScriptedAnswer led_to(const std::string& elsewhere, const ScriptedRequest& request) {
  if (request.method == "POST") {
    return {.status = 202, .headers = {{"Location", elsewhere + "/upload"}}};
  }
  if (request.target.find("/tags/") != std::string::npos) {
    return {.headers = {{"Link", "<" + elsewhere + "/tags>; rel=\"next\""}},
            .body = R"({"tags":["v1"]})"};
  }
  return {.status = 307, .headers = {{"Location", elsewhere + "/blob"}}};
}

TEST(Https, IsNotLeftForPlainHttp) {
  ScriptedRegistry plain([](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = 201, .body = R"({"tags":[]})"};
  });
  ScriptedRegistry registry(
      [&](const ScriptedRequest& request) { return led_to(plain.url(), request); }, Scheme::https);
  Client client = client_of(registry);
  const auto uploaded = client.upload_blob(
      "repo", blob_of("content"), []() -> Result<ByteSource> { return source_of("content"); });
  const auto tags = client.list_tags("repo");
  const auto blob = client.get_blob("repo", blob_of("content"), kDiscard);
  for (const std::string& message :
       {uploaded ? "" : uploaded.error().message, tags ? "" : tags.error().message,
        blob ? "" : blob.error().message}) {
    EXPECT_NE(message.find("leads from https to plain http (" + plain.url()), std::string::npos)
        << message;
  }
  EXPECT_EQ(registry.requests().size(), 3U);
  EXPECT_EQ(plain.requests().size(), 0U);
}

TEST(Https, GoesOnToOtherHttps) {
  ScriptedRegistry storage(
      [](const ScriptedRequest& request) -> ScriptedAnswer {
        return {.status = request.method == "PUT" ? 201 : 200, .body = R"({"tags":["v2"]})"};
      },
      Scheme::https);
  ScriptedRegistry registry(
      [&](const ScriptedRequest& request) { return led_to(storage.url(), request); },
      Scheme::https);
  Endpoint endpoint = registry.endpoint();
  std::string trusted;
  for (const Endpoint& each : {registry.endpoint(), storage.endpoint()}) {
    trusted += read_file(each.ca_file, 100'000).value();
  }
  const auto directory = TemporaryDirectory::create("/tmp", "scripted-").value();
  endpoint.ca_file = directory.path() / "ca.pem";
  ASSERT_TRUE(write_file_atomically(endpoint.ca_file, trusted));
  Client client = Client::create(endpoint).value();
  EXPECT_TRUE(client.upload_blob("repo", blob_of("content"),
                                 []() -> Result<ByteSource> { return source_of("content"); }));
  EXPECT_EQ(client.list_tags("repo").value().size(), 2U);
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

TEST(Stored, IsWhatAnySuccessSays) {
  const std::string body = index_of_referrers();
  for (const int status : {200, 201, 202, 204}) {
    ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
      return request.method == "POST" || request.method == "PATCH"
                 ? ScriptedAnswer{.status = status, .headers = {{"Location", "/v2/upload/1"}}}
                 : ScriptedAnswer{.status = status};
    });
    Client client = client_of(registry);
    const auto manifest = client.put_manifest("repo", "v1", media_type::kOciIndex, body);
    ASSERT_TRUE(manifest) << status << manifest.error().message;
    EXPECT_EQ(manifest->digest, sha256_digest(body));
    for (const UploadBy by : {UploadBy::put, UploadBy::patch}) {
      const auto blob = client.upload_blob(
          "repo", blob_of("content"), [] { return Result<ByteSource>(source_of("content")); }, by);
      EXPECT_TRUE(blob) << status << blob.error().message;
    }
    EXPECT_EQ(client.delete_manifest("repo", sha256_digest(body))->kind, Deletion::Kind::deleted);
  }
}

TEST(Stored, IsNotWhatIsRefusedOrUnderAnotherDigest) {
  const std::string body = index_of_referrers();
  std::string digest = sha256_digest("another");
  int status = 201;
  ScriptedRegistry registry([&](const ScriptedRequest&) -> ScriptedAnswer {
    return {.status = status, .headers = {{"Docker-Content-Digest", digest}}};
  });
  Client client = client_of(registry);
  const auto foreign = client.put_manifest("repo", "v1", media_type::kOciIndex, body);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::bad_input);
  EXPECT_THAT(foreign.error().message, HasSubstr("/v2/repo/manifests/v1"));
  digest = sha256_digest(body);
  EXPECT_TRUE(client.put_manifest("repo", "v1", media_type::kOciIndex, body));
  for (status = 302; status < 500; status += 100) {
    EXPECT_FALSE(client.put_manifest("repo", "v1", media_type::kOciIndex, body)) << status;
  }
}

TEST(Head, NeedsNoLength) {
  const RawServer server("HTTP/1.1 200 OK\r\n\r\n");
  const auto head = Client::create(server.endpoint())->head_blob("repo", sha256_digest("content"));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_FALSE(head->size_bytes);
}

TEST(Head, IsAGetWhereTheMethodIsRefused) {
  const std::string body = index_of_referrers();
  for (const int status : {400, 405, 501}) {
    ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
      if (request.method == "HEAD") {
        return {.status = status};
      }
      return request.target.find("absent") == std::string::npos
                 ? ScriptedAnswer{.headers = {{"Docker-Content-Digest", sha256_digest(body)}},
                                  .body = body}
                 : ScriptedAnswer{.status = 404};
    });
    Client client = client_of(registry);
    const auto blob = client.head_blob("repo", sha256_digest(body));
    ASSERT_TRUE(blob) << status << blob.error().message;
    EXPECT_EQ(blob->size_bytes, body.size()) << status;
    EXPECT_EQ(client.head_manifest("repo", "v1")->digest, sha256_digest(body)) << status;
    EXPECT_EQ(client.head_blob("absent", sha256_digest(body)).error().code, ErrorCode::not_found);
    EXPECT_TRUE(client.ping()) << "the connection is of use after a body that nobody read";
  }
}

TEST(Head, IsNotBelievedAboutATagThatAGetFinds) {
  const std::string body = index_of_referrers();
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    return request.method == "HEAD" || request.target.ends_with("absent")
               ? ScriptedAnswer{.status = 404}
               : ScriptedAnswer{.headers = {{"Content-Type", std::string(media_type::kOciIndex)}},
                                .body = body};
  });
  Client client = client_of(registry);
  EXPECT_EQ(client.manifest_digest("repo", "v1").value(), sha256_digest(body));
  EXPECT_EQ(client.manifest_digest("repo", "absent").error().code, ErrorCode::not_found);
}

TEST(BearerToken, ThatCannotBeReadIsAnErrorThatNamesBothUrls) {
  std::string realm;
  ScriptedRegistry registry([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.target.starts_with("/token")) {
      return {.body = R"({"token":null})"};
    }
    return {.status = 401,
            .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "/token\""}}};
  });
  realm = registry.url();
  const auto tags = client_of(registry).list_tags("one");
  ASSERT_FALSE(tags);
  EXPECT_THAT(tags.error().message, HasSubstr(registry.url() + "/v2/one/tags/list"));
  EXPECT_THAT(tags.error().message, HasSubstr(registry.url() + "/token: "));
}

TEST(Upload, ToNowhereIsAnErrorThatNamesTheUrl) {
  ScriptedRegistry registry([](const ScriptedRequest&) { return ScriptedAnswer{.status = 202}; });
  const auto lost = client_of(registry).upload_blob(
      "repo", blob_of("content"), [] { return Result<ByteSource>(source_of("content")); });
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr(registry.url() + "/v2/repo/blobs/uploads/"));
}

}  // namespace
}  // namespace ocibench::oci
