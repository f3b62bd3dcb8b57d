#include "common/oci/auth.hpp"

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

TEST(ParseToken, RefusesWhatCouldNotBeAHeader) {
  EXPECT_FALSE(parse_token(R"({"token":"a\r\nX-Evil: 1"})"));
  EXPECT_FALSE(parse_token(R"({"token":""})"));
  EXPECT_FALSE(parse_token(R"({"expires_in":60})"));
  EXPECT_FALSE(parse_token("<html>"));
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

}  // namespace
}  // namespace ocibench::oci
