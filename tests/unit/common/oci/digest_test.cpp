#include "common/oci/digest.hpp"

#include <string>

#include <gtest/gtest.h>

#include "common/model/reference.hpp"

namespace ocibench::oci {
namespace {

// sha256 and sha512 of "abc", FIPS 180-4 examples
const std::string kSha256Abc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kSha512Abc =
    "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

TEST(IsDigest, WantsTheRightLengthOfLowerCaseHex) {
  EXPECT_TRUE(is_digest(kSha256Abc));
  EXPECT_TRUE(is_digest(kSha512Abc));
  EXPECT_FALSE(is_digest(""));
  EXPECT_FALSE(is_digest("sha256:"));
  EXPECT_FALSE(is_digest(kSha256Abc + "0"));
  EXPECT_FALSE(is_digest("sha256:BA" + kSha256Abc.substr(9)));
  EXPECT_FALSE(is_digest("md5:" + kSha256Abc.substr(7)));
  EXPECT_FALSE(is_digest("sha512:" + kSha256Abc.substr(7)));
  EXPECT_FALSE(is_digest("sha256:../" + kSha256Abc.substr(10)));
}

TEST(Sha256Digest, IsTheStandardsExample) { EXPECT_EQ(sha256_digest("abc"), kSha256Abc); }

TEST(DigestVerifier, AcceptsTheContentInAnyPieces) {
  for (const std::string& digest : {kSha256Abc, kSha512Abc}) {
    DigestVerifier verifier(digest, 3);
    ASSERT_TRUE(verifier.update("a"));
    ASSERT_TRUE(verifier.update("bc"));
    EXPECT_TRUE(verifier.finish());
  }
}

TEST(DigestVerifier, NamesBothDigests) {
  DigestVerifier verifier(kSha256Abc, 3);
  ASSERT_TRUE(verifier.update("abd"));
  EXPECT_EQ(verifier.finish().error().message,
            "expected " + kSha256Abc + " and got content of " + sha256_digest("abd"));
}

TEST(DigestVerifier, RefusesOtherSizes) {
  DigestVerifier verifier(kSha256Abc, 3);
  EXPECT_EQ(verifier.update("abcd").error().code, ErrorCode::limit);
  ASSERT_TRUE(verifier.update("ab"));
  EXPECT_EQ(verifier.finish().error().code, ErrorCode::bad_input);
}

}  // namespace
}  // namespace ocibench::oci
