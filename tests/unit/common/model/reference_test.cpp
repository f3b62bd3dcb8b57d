#include "common/model/reference.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ocibench {
namespace {

const std::string kPinned = "sha256:" + std::string(64, 'a');

TEST(ParseReference, TakesAllPartsApart) {
  EXPECT_EQ(parse_reference("127.0.0.1:5001/a/b-c__d.e:v1.0@" + kPinned),
            (Reference{"127.0.0.1:5001", "a/b-c__d.e", "v1.0", kPinned}));
  EXPECT_EQ(parse_reference("ghcr.io/x:T_-."), (Reference{"ghcr.io", "x", "T_-.", ""}));
  EXPECT_EQ(parse_reference("[::1]:5000/x@" + kPinned),
            (Reference{"[::1]:5000", "x", "", kPinned}));
  EXPECT_EQ(parse_reference("localhost/x:1")->host, "localhost");
}

TEST(ParseReference, IsTheOppositeOfToString) {
  for (const std::string& text :
       {std::string("h.io/r:t"), "h.io:1/r/s@" + kPinned, "h.io/r:t@" + kPinned}) {
    EXPECT_EQ(to_string(parse_reference(text).value()), text);
  }
}

class BadReference : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, BadReference,
                         testing::Values("", "alpine", "alpine:3", "library/alpine:3", "h.io/r",
                                         "h.io/r:", "h.io/R:1", "h.io//r:1", "h.io/r/:1",
                                         "h.io/r..s:1", "h.io/r_-s:1", "h.io/r___s:1", "h.io/-r:1",
                                         "h.io/r-:1", "h.io/r:.1", "h.io/r:-1", "h.io/r:a b",
                                         "h.io/r:a/b", "h.io:/r:1", "h.io:123456/r:1", "h.io:x/r:1",
                                         "-h.io/r:1", "h..io/r:1", "user@h.io/r:1",
                                         "http://h.io/r:1", "h.io/r:1@sha256:abc", "h.io/r@",
                                         "h.io/../r:1", "[zz]/r:1"));

TEST_P(BadReference, IsRefused) {
  const Result<Reference> reference = parse_reference(GetParam());
  ASSERT_FALSE(reference);
  EXPECT_EQ(reference.error().code, ErrorCode::bad_input);
}

TEST(ParseReference, BoundsLengths) {
  EXPECT_TRUE(parse_reference("h.io/r:" + std::string(128, 'a')));
  EXPECT_FALSE(parse_reference("h.io/r:" + std::string(129, 'a')));
  EXPECT_FALSE(parse_reference("h.io/" + std::string(256, 'a') + ":1"));
}

TEST(ParseReference, SaysWhatIsWrong) {
  EXPECT_EQ(parse_reference("h.io/r").error().message,
            "\"h.io/r\" is no image reference (host[:port]/repository[:tag][@digest]): it has "
            "neither a tag nor a digest");
}

TEST(IsMediaType, NeedsATypeAndASubtype) {
  EXPECT_TRUE(is_media_type("application/vnd.oci.image.index.v1+json"));
  for (const std::string& text :
       {std::string(), std::string("m"), std::string("/a"), std::string("a/"), std::string("a/b c"),
        std::string("a/\"b"), std::string("a/b\n"), "a/" + std::string(254, 'b')}) {
    EXPECT_FALSE(is_media_type(text)) << text;
  }
}

TEST(IsPlatform, HasTwoOrThreeParts) {
  for (const char* text : {"linux/amd64", "linux/arm64/v8", "unknown/unknown"}) {
    EXPECT_TRUE(is_platform(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string("linux"), std::string("linux/"), std::string("/amd64"),
        std::string("a/b/c/d"), std::string("linux/a b"), std::string("linux/a\n"),
        "linux/" + std::string(123, 'a')}) {
    EXPECT_FALSE(is_platform(text)) << text;
  }
}

}  // namespace
}  // namespace ocibench
