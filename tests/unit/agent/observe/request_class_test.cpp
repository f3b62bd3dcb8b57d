#include "agent/observe/request_class.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

const std::string kDigest = "sha256:" + std::string(64, '6');

struct Example {
  std::string method;
  std::string target;
  RegistryCall call;
};

void expect_all(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    const RegistryCall call = classify(example.method, example.target);
    EXPECT_EQ(to_string(call.request), to_string(example.call.request))
        << example.method << " " << example.target;
    EXPECT_EQ(call, example.call) << example.method << " " << example.target;
  }
}

// As skopeo 1.9.3, crane 0.21.9, oras 1.3.3 and regctl 0.11.5 send them.
TEST(RequestClass, SortsWhatToolsSend) {
  const std::string state = "?_state=xyz%3D";
  expect_all({
      {"GET", "/v2/", {RequestClass::ping, "", ""}},
      {"GET", "/v2/lib/a/manifests/1", {RequestClass::manifest_get, "lib/a", "1"}},
      {"HEAD", "/v2/lib/a/manifests/1", {RequestClass::manifest_head, "lib/a", "1"}},
      {"PUT", "/v2/lib/a/manifests/1", {RequestClass::manifest_put, "lib/a", "1"}},
      {"GET", "/v2/lib/a/blobs/" + kDigest, {RequestClass::blob_get, "lib/a", kDigest}},
      {"HEAD", "/v2/lib/a/blobs/" + kDigest, {RequestClass::blob_head, "lib/a", kDigest}},
      {"POST", "/v2/lib/a/blobs/uploads/", {RequestClass::upload_start, "lib/a", ""}},
      {"PATCH",
       "/v2/lib/a/blobs/uploads/b0949b14-1" + state,
       {RequestClass::upload_patch, "lib/a", ""}},
      {"PUT",
       "/v2/lib/a/blobs/uploads/b0949b14-1" + state + "&digest=sha256%3A6b0a",
       {RequestClass::upload_put, "lib/a", ""}},
      {"GET", "/v2/lib/a/tags/list?n=1000", {RequestClass::tag_list, "lib/a", ""}},
      {"GET", "/v2/lib/a/referrers/" + kDigest, {RequestClass::referrers, "lib/a", kDigest}},
  });
}

TEST(RequestClass, TellsAMountByItsParameter) {
  for (const char* const query :
       {"?from=lib%2Fa&mount=sha256%3A44651eba",                    // skopeo
        "?from=lib%2Fa&mount=sha256%3A44&origin=127.0.0.1%3A5101",  // crane
        "?mount=sha256:a1d5&from=o1/a", "?mount=sha256%3A8f0d"}) {  // oras, regctl
    EXPECT_EQ(classify("POST", std::string("/v2/other/a/blobs/uploads/") + query),
              (RegistryCall{RequestClass::mount, "other/a", ""}))
        << query;
  }
  EXPECT_EQ(classify("POST", "/v2/a/blobs/uploads/?mounted=1&x=mount").request,
            RequestClass::upload_start);
}

TEST(RequestClass, ReadsARepositoryThatIsNamedLikeAnEndpoint) {
  expect_all({
      {"GET",
       "/v2/manifests/blobs/manifests/1",
       {RequestClass::manifest_get, "manifests/blobs", "1"}},
      {"GET",
       "/v2/a/blobs/uploads/manifests/1",
       {RequestClass::manifest_get, "a/blobs/uploads", "1"}},
      {"GET", "/v2/tags/list/tags/list", {RequestClass::tag_list, "tags/list", ""}},
      {"GET", "/v2/a/token/blobs/" + kDigest, {RequestClass::blob_get, "a/token", kDigest}},
  });
}

TEST(RequestClass, DecodesADigestInAPath) {
  EXPECT_EQ(classify("GET", "/v2/a/blobs/sha256%3A" + std::string(64, '6')).reference, kDigest);
  EXPECT_EQ(classify("GET", "/v2/a/manifests/1%").reference, "1%");
  EXPECT_EQ(classify("GET", "/v2/a/manifests/%zz").reference, "%zz");
}

TEST(RequestClass, KnowsATokenServiceByItsLastWord) {
  for (const char* const target : {"/token?service=x", "/service/token", "/v2/auth", "/jwt/auth"}) {
    EXPECT_EQ(classify("GET", target).request, RequestClass::token) << target;
  }
}

TEST(RequestClass, PutsTheRestWithTheOthers) {
  for (const char* const target : {"", "/", "*", "/v2/_catalog", "/v2/a", "/healthz", "/v1/search",
                                   "/v2//blobs", "http://[::1"}) {
    EXPECT_EQ(classify("GET", target).request, RequestClass::other) << target;
  }
  EXPECT_EQ(classify("DELETE", "/v2/a/manifests/1").request, RequestClass::other);
  EXPECT_EQ(classify("DELETE", "/v2/a/blobs/uploads/1").request, RequestClass::other);
  EXPECT_EQ(classify("", "/v2/").request, RequestClass::other);
}

}  // namespace
}  // namespace ocibench::agent
