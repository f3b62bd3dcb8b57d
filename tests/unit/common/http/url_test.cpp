#include "common/http/url.hpp"

#include <gtest/gtest.h>

namespace ocibench::http {
namespace {

TEST(NextUrl, GoesOnWhereTheAnswerSays) {
  EXPECT_EQ(next_url("http://a.example/v2/x", "/v2/y?n=1"), "http://a.example/v2/y?n=1");
  EXPECT_EQ(next_url("https://a.example/v2/x", "//b.example/y"), "https://b.example/y");
  EXPECT_EQ(next_url("http://127.0.0.1:5/x", "http://b.example/y"), "http://b.example/y");
  EXPECT_EQ(next_url("http://a.example/x", "https://b.example/y"), "https://b.example/y");
}

TEST(NextUrl, NeverLeavesHttpsForPlainHttp) {
  for (const char* from : {"https://a.example/x", "HTTPS://a.example/x"}) {
    for (const char* to : {"http://a.example/y", "HTTP://a.example/y", "http://127.0.0.1/y"}) {
      const auto next = next_url(from, to);
      ASSERT_FALSE(next) << from << " " << to;
      EXPECT_EQ(next.error().code, ErrorCode::unavailable);
    }
  }
  for (const char* to : {"", "file:///etc/passwd", "ftp://a.example/", "https://u:p@a.example/"}) {
    EXPECT_FALSE(next_url("https://a.example/x", to)) << to;
  }
}

TEST(PercentEncoded, KeepsWhatRfc3986CallsUnreserved) {
  EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encoded("a b/c+d=\xc3\xa9"), "a%20b%2Fc%2Bd%3D%C3%A9");
}

}  // namespace
}  // namespace ocibench::http
