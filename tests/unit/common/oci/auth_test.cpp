#include "common/oci/auth.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ocibench::oci {
namespace {

using std::chrono::seconds;

TEST(ParseChallenge, ReadsQuotedAndBareValues) {
  EXPECT_EQ(
      parse_challenge({R"(Bearer realm="https://a/token",service="b, c",scope="s:t:pull,push")"}),
      (Challenge{AuthKind::bearer, "https://a/token", "b, c", "s:t:pull,push"}));
  EXPECT_EQ(parse_challenge({"bearer  realm=x , service = \"a\\\"b\""}),
            (Challenge{AuthKind::bearer, "x", "a\"b", ""}));
}

TEST(ParseChallenge, PrefersBearerAndSkipsWhatItDoesNotKnow) {
  EXPECT_EQ(parse_challenge({"Negotiate", R"(Basic realm="r", Bearer realm="t")"})->realm, "t");
  EXPECT_EQ(parse_challenge({"Negotiate", "Basic realm=\"r\""})->kind, AuthKind::basic);
}

TEST(ParseChallenge, RefusesWhenNothingIsKnown) {
  EXPECT_FALSE(parse_challenge({}));
  EXPECT_FALSE(parse_challenge({"Digest realm=\"r\""}));
  EXPECT_FALSE(parse_challenge({"Bearer"}));
  EXPECT_FALSE(parse_challenge({"Bearer realm=\"unterminated", "\"\"\"=,,==\\"}) ==
               parse_challenge({"Basic"}));
}

TEST(TokenUrl, HasAParameterForEachScope) {
  EXPECT_EQ(token_url({AuthKind::bearer, "https://a/t", "r y", ""}, "repository:x:pull b"),
            "https://a/t?service=r%20y&scope=repository%3Ax%3Apull&scope=b");
  EXPECT_EQ(token_url({AuthKind::bearer, "https://a/t?x=1", "", ""}, "s"),
            "https://a/t?x=1&scope=s");
  EXPECT_EQ(token_url({AuthKind::bearer, "https://a/t", "", ""}, ""), "https://a/t");
}

TEST(ParseToken, AcceptsBothNamesAndTheDefaultLifetime) {
  EXPECT_EQ(parse_token(R"({"token":"a","expires_in":300})")->lifetime, seconds(300));
  EXPECT_EQ(parse_token(R"({"access_token":"b"})")->text, "b");
  EXPECT_EQ(parse_token(R"({"access_token":"b"})")->lifetime, seconds(60));
}

TEST(ParseToken, TakesTheOneThatIsGood) {
  for (const char* body :
       {R"({"token":"","access_token":"b"})", R"({"token":null,"access_token":"b"})",
        R"({"token":"b","access_token":""})", R"({"token":"b","access_token":"c"})",
        R"({"token":7,"access_token":"b"})"}) {
    const auto token = parse_token(body);
    ASSERT_TRUE(token) << body;
    EXPECT_EQ(token->text, "b") << body;
  }
}

TEST(ParseToken, HasTheDefaultLifetimeWhereItsOwnIsNoNumber) {
  for (const char* lifetime : {"null", "-1", "0", "\"300\"", "\"\"", "1.5", "[]"}) {
    const auto token = parse_token(std::string(R"({"token":"a","expires_in":)") + lifetime + "}");
    ASSERT_TRUE(token) << lifetime;
    EXPECT_EQ(token->lifetime, seconds(60)) << lifetime;
  }
}

TEST(ParseToken, RefusesWhatCouldNotBeAHeader) {
  EXPECT_FALSE(parse_token(R"({"token":"a\r\nX-Evil: 1"})"));
  EXPECT_FALSE(parse_token(R"({"token":""})"));
  EXPECT_FALSE(parse_token(R"({"token":"","access_token":null})"));
  EXPECT_FALSE(parse_token(R"({"expires_in":60})"));
  EXPECT_FALSE(parse_token("<html>"));
}

TEST(ParseToken, BoundsTheTokenThatIsSentWithEveryRequest) {
  const auto token_of = [](std::size_t bytes) {
    return parse_token(R"({"token":")" + std::string(bytes, 't') + R"("})");
  };
  EXPECT_TRUE(token_of(std::size_t{32} * 1024));
  EXPECT_FALSE(token_of(std::size_t{32} * 1024 + 1));
}

TEST(TokenCache, ForgetsATokenBeforeItExpires) {
  TokenCache cache;
  const MonoTime now{};
  cache.store("scope", {.text = "t", .lifetime = seconds(60)}, now);
  EXPECT_EQ(cache.find("scope", now + seconds(53))->text, "t");
  EXPECT_FALSE(cache.find("scope", now + seconds(54)));
  EXPECT_FALSE(cache.find("other", now));
  cache.forget("scope");
  EXPECT_FALSE(cache.find("scope", now));
}

TEST(BasicAuthorization, IsBase64WithPadding) {
  EXPECT_EQ(basic_authorization({"Aladdin", "open sesame"}),
            "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(CheckRealm, WantsHttpsUnlessBothAreOnLoopback) {
  for (const char* host : {"127.0.0.1:5000", "registry.example"}) {
    EXPECT_TRUE(check_realm("https://auth.example/token", host)) << host;
  }
  EXPECT_TRUE(check_realm("http://127.0.0.1:5001/token", "localhost:5000"));
  for (const char* realm : {"http://auth.example/token", "HTTP://auth.example/token",
                            "http://10.0.0.1/token", "ftp://auth.example", "/token", ""}) {
    EXPECT_FALSE(check_realm(realm, "127.0.0.1:5000")) << realm;
    EXPECT_FALSE(check_realm(realm, "registry.example")) << realm;
  }
  const auto refused = check_realm("http://127.0.0.1/token?secret", "registry.example");
  ASSERT_FALSE(refused) << "a registry elsewhere must not reach into this machine";
  EXPECT_EQ(refused.error().message,
            "the registry names http://127.0.0.1/token as its token server, which is no https: "
            "passwords and tokens would be readable on the way");
}

}  // namespace
}  // namespace ocibench::oci
