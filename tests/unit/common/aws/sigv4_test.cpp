#include "common/aws/sigv4.hpp"

#include <gtest/gtest.h>

#include "common/sha256.hpp"

// The vectors are AWS's own: the Signature Version 4 test suite (aws-sig-v4-test-suite, kept in
// awslabs/aws-c-auth as tests/aws-signing-test-suite/v4), the example of the IAM user guide, and
// "Examples: Signature Calculations" of the S3 API reference (sig-v4-header-based-auth).

namespace ocibench::aws {
namespace {

const SigningScope kSuiteScope{"us-east-1", "service"};

AccessKey suite_key() { return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}; }

SignableRequest suite_request(std::string method = "GET") {
  return {.method = std::move(method),
          .headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
          .payload_sha256 = sha256_hex("")};
}

std::string signature_of(const std::string& authorization) {
  return authorization.substr(authorization.rfind('=') + 1);
}

std::string suite_signature(const SignableRequest& request) {
  return signature_of(authorization(request, suite_key(), kSuiteScope));
}

TEST(Sigv4Suite, GetVanillaInEveryStep) {
  const SignableRequest request = suite_request();
  EXPECT_EQ(canonical_request(request),
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(string_to_sign(request, kSuiteScope),
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
            "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
  EXPECT_EQ(authorization(request, suite_key(), kSuiteScope),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(Sigv4Suite, PostVanilla) {
  EXPECT_EQ(suite_signature(suite_request("POST")),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(Sigv4Suite, GetVanillaQueryOrderKeyCase) {
  SignableRequest request = suite_request();
  request.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_EQ(suite_signature(request),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(Sigv4Suite, GetVanillaQueryOrderEncoded) {
  SignableRequest request = suite_request();
  request.query = {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\xe1\x88\xb4", "Value1"}};
  EXPECT_EQ(suite_signature(request),
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
}

TEST(Sigv4Suite, GetVanillaQueryUnreserved) {
  const std::string all = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  SignableRequest request = suite_request();
  request.query = {{all, all}};
  EXPECT_EQ(suite_signature(request),
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197");
}

TEST(Sigv4Suite, GetUtf8AndGetSpaceAndUtf8Query) {
  SignableRequest request = suite_request();
  request.path = "/\xe1\x88\xb4";
  EXPECT_EQ(suite_signature(request),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  request.path = "/example space/";
  EXPECT_EQ(suite_signature(request),
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
  request.path = "/";
  request.query = {{"\xe1\x88\xb4", "bar"}};
  EXPECT_EQ(suite_signature(request),
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
}

TEST(Sigv4Suite, GetHeaderValueTrim) {
  SignableRequest request = suite_request();
  request.headers["my-header1"] = " value1";
  request.headers["my-header2"] = " \"a   b   c\"";
  EXPECT_EQ(suite_signature(request),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(Sigv4Suite, GetVanillaWithSessionToken) {
  SignableRequest request = suite_request();
  request.headers["x-amz-security-token"] =
      "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
  EXPECT_EQ(suite_signature(request),
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
}

TEST(Sigv4Suite, PostXWwwFormUrlencoded) {
  SignableRequest request = suite_request("POST");
  request.payload_sha256 = sha256_hex("Param1=value1");
  request.headers["content-type"] = "application/x-www-form-urlencoded";
  request.headers["content-length"] = "13";
  request.headers["x-amz-content-sha256"] = request.payload_sha256;
  EXPECT_EQ(suite_signature(request),
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
}

TEST(Sigv4IamGuide, ListUsers) {
  SignableRequest request = suite_request();
  request.query = {{"Action", "ListUsers"}, {"Version", "2010-05-08"}};
  request.headers["host"] = "iam.amazonaws.com";
  request.headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(sha256_hex(canonical_request(request)),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
  EXPECT_EQ(signature_of(authorization(request, suite_key(), {"us-east-1", "iam"})),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

class Sigv4S3Reference : public ::testing::Test {
 protected:
  static SignableRequest request(std::string method, std::string_view payload) {
    return {.method = std::move(method),
            .headers = {{"host", "examplebucket.s3.amazonaws.com"},
                        {"x-amz-date", "20130524T000000Z"},
                        {"x-amz-content-sha256", sha256_hex(payload)}},
            .payload_sha256 = sha256_hex(payload)};
  }
  static std::string signature(const SignableRequest& request) {
    const AccessKey key{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
    return signature_of(authorization(request, key, {"us-east-1", "s3"}));
  }
};

TEST_F(Sigv4S3Reference, GetObject) {
  SignableRequest get = request("GET", "");
  get.path = "/test.txt";
  get.headers["range"] = "bytes=0-9";
  EXPECT_EQ(sha256_hex(canonical_request(get)),
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
  EXPECT_EQ(signature(get), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(Sigv4S3Reference, PutObject) {
  SignableRequest put = request("PUT", "Welcome to Amazon S3.");
  put.path = "/test$file.text";
  put.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  put.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  EXPECT_EQ(signature(put), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(Sigv4S3Reference, GetBucketLifecycle) {
  SignableRequest get = request("GET", "");
  get.query = {{"lifecycle", ""}};
  EXPECT_EQ(signature(get), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(Sigv4S3Reference, ListObjects) {
  SignableRequest get = request("GET", "");
  get.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(signature(get), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

}  // namespace
}  // namespace ocibench::aws
