// Copies where one side does what docker-registry cannot be made to do.
#include <atomic>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/oci/copy.hpp"
#include "common/oci/digest.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/seed_image.hpp"

namespace ocibench::oci {
namespace {

using testing::HasSubstr;
using testing_support::content_of;
using testing_support::image_manifest;
using testing_support::RegistryProcess;
using testing_support::rows;
using testing_support::ScriptedAnswer;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedRequest;

const std::string kConfig = "{}";
const std::string kLayer = content_of("layer", 3'000'000);
const std::string kManifest = image_manifest({kLayer}, kConfig);

bool is_blob(const ScriptedRequest& request, std::string_view content) {
  return request.target.find("/blobs/" + sha256_digest(content)) != std::string::npos;
}

/// A source of one image, under any name; `layer` is what it gives for the layer.
ScriptedAnswer serve(const ScriptedRequest& request, const std::string& layer) {
  if (request.target.find("/manifests/") != std::string::npos) {
    return {.headers = {{"Content-Type", std::string(media_type::kOciManifest)},
                        {"Docker-Content-Digest", sha256_digest(kManifest)}},
            .body = kManifest};
  }
  return {.body = is_blob(request, kLayer) ? layer : kConfig};
}

/// A target that has nothing and takes everything, and mounts nothing.
ScriptedAnswer accept(const ScriptedRequest& request) {
  static std::atomic<int> uploads{0};
  if (request.method == "POST") {
    return {.status = 202,
            .headers = {{"Location", fmt::format("/v2/upload/{}?state=s", ++uploads)}}};
  }
  return {.status = request.method == "PUT" ? 201 : 404};
}

std::vector<ScriptedRequest> of_method(const ScriptedRegistry& registry, std::string_view method) {
  std::vector<ScriptedRequest> found;
  for (const ScriptedRequest& request : registry.requests()) {
    if (request.method == method) {
      found.push_back(request);
    }
  }
  return found;
}

CopiedImage copy_one(const Endpoint& source, const Endpoint& target,
                     const CopyOptions& options = {}) {
  const std::vector<CopyJob> jobs = {{"lib/a", "1", "m/a"}};
  auto report = copy_images(source, target, jobs, options);
  EXPECT_TRUE(report && report->images.size() == 1);
  return report->images.front();
}

class CorruptedSource : public testing::TestWithParam<std::string> {};

TEST_P(CorruptedSource, NeverGivesAnImage) {
  const ScriptedRegistry source(
      [&](const ScriptedRequest& request) { return serve(request, GetParam()); });
  const auto target = RegistryProcess::start();
  ASSERT_TRUE(target);
  const CopiedImage image = copy_one(source.endpoint(), target->endpoint());
  EXPECT_EQ(image.outcome, CopyOutcome::failed);
  ASSERT_TRUE(image.error);
  EXPECT_THAT(image.error->message, HasSubstr("GET " + source.url()));
  EXPECT_TRUE(rows(target->access_log(), "PUT", "/manifests/").empty());
  Client client = Client::create(target->endpoint()).value();
  EXPECT_EQ(client.head_blob("m/a", sha256_digest(kLayer)).error().code, ErrorCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(By, CorruptedSource,
                         testing::Values(std::string(kLayer.size(), 'y'),  // same length
                                         kLayer.substr(1), kLayer + "more", std::string()));

TEST(CopyFromAWrongSource, DoesNotReleaseTheLastByte) {
  const ScriptedRegistry source([](const ScriptedRequest& request) {
    return serve(request, std::string(kLayer.size(), 'y'));
  });
  const ScriptedRegistry target(&accept);
  EXPECT_EQ(copy_one(source.endpoint(), target.endpoint()).outcome, CopyOutcome::failed);
  for (const ScriptedRequest& put : of_method(target, "PUT")) {
    EXPECT_LT(put.body.size(), kLayer.size());
  }
}

TEST(CopyToAScriptedTarget, SaysHowLongABlobIsAndSendsItInOneRequest) {
  const ScriptedRegistry source([](const auto& request) { return serve(request, kLayer); });
  const ScriptedRegistry target(&accept);
  const CopiedImage image = copy_one(source.endpoint(), target.endpoint());
  ASSERT_EQ(image.outcome, CopyOutcome::copied) << image.error->message;
  const auto puts = of_method(target, "PUT");
  ASSERT_EQ(puts.size(), 3U);  // config, layer, manifest
  const auto layer = std::ranges::find(puts, kLayer, &ScriptedRequest::body);
  ASSERT_NE(layer, puts.end());
  EXPECT_EQ(layer->content_length, std::to_string(kLayer.size()));
  EXPECT_EQ(puts.back().body, kManifest);
}

TEST(CopyToAScriptedTarget, UploadsToWhatTheMountOpenedInstead) {
  const ScriptedRegistry source([](const auto& request) { return serve(request, kLayer); });
  const ScriptedRegistry target(&accept);
  const std::vector<CopyJob> jobs = {{"lib/a", "1", "m/a"}, {"lib/b", "1", "m/b"}};
  const auto report = copy_images(source.endpoint(), target.endpoint(), jobs);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->count(CopyOutcome::copied), 2U);
  EXPECT_EQ(report->uploaded_blobs, 4U);
  // A POST per blob and repository and no second one where the mount was refused.
  EXPECT_EQ(of_method(target, "POST").size(), 4U);
  EXPECT_EQ(of_method(target, "PUT").size(), 6U);
}

TEST(CopyToAScriptedTarget, UploadsWhereAMountIsRefused) {
  for (const int status : {400, 403, 404, 405}) {
    const ScriptedRegistry source([](const auto& request) { return serve(request, kLayer); });
    const ScriptedRegistry target([&](const ScriptedRequest& request) -> ScriptedAnswer {
      const bool mount = request.target.find("mount=") != std::string::npos;
      return mount ? ScriptedAnswer{.status = status} : accept(request);
    });
    const std::vector<CopyJob> jobs = {{"lib/a", "1", "m/a"}, {"lib/b", "1", "m/b"}};
    const auto report = copy_images(source.endpoint(), target.endpoint(), jobs);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count(CopyOutcome::copied), 2U) << status;
    EXPECT_EQ(report->uploaded_blobs, 4U) << status;
    // One POST more for each blob whose mount was refused.
    EXPECT_EQ(of_method(target, "POST").size(), 6U) << status;
  }
}

TEST(CopyToAScriptedTarget, TakesABlobForStoredThatThePatchHasCompleted) {
  // As ECR may do it: 201 to the PATCH, and the PUT that is to end the upload finds none.
  std::atomic<bool> stored = false;
  const ScriptedRegistry source([](const auto& request) { return serve(request, kLayer); });
  const ScriptedRegistry target([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.method == "PATCH") {
      stored = true;
      return {.status = 201};
    }
    if (request.method == "PUT" && request.target.find("/v2/upload/") != std::string::npos) {
      return {.status = 404};
    }
    const bool head =
        request.method == "HEAD" && request.target.find("/blobs/") != std::string::npos;
    return head && stored ? ScriptedAnswer{.body = is_blob(request, kLayer) ? kLayer : kConfig}
                          : accept(request);
  });
  const CopiedImage image = copy_one(source.endpoint(), target.endpoint(),
                                     {.connections = 1, .without = {CopyOptimisation::single_put}});
  EXPECT_EQ(image.outcome, CopyOutcome::copied) << image.error->message;
}

TEST(CopyToAScriptedTarget, SendsABlobAgainWhenAskedTo) {
  std::atomic<int> refusals{0};
  const ScriptedRegistry source([](const auto& request) { return serve(request, kLayer); });
  const ScriptedRegistry target([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.method == "PUT" && request.body == kLayer && refusals++ == 0) {
      return {.status = 429, .headers = {{"Retry-After", "0"}}};
    }
    return accept(request);
  });
  const CopiedImage image = copy_one(source.endpoint(), target.endpoint());
  EXPECT_EQ(image.outcome, CopyOutcome::copied) << image.error->message;
  EXPECT_EQ(refusals, 2);
}

TEST(CopyFromAScriptedSource, FollowsARedirectWithoutCredentials) {
  const ScriptedRegistry storage(
      [](const ScriptedRequest&) { return ScriptedAnswer{.body = kLayer}; });
  const ScriptedRegistry source([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (request.authorization.empty()) {
      return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
    }
    if (is_blob(request, kLayer)) {
      return {.status = 307, .headers = {{"Location", storage.url() + "/signed"}}};
    }
    return serve(request, kLayer);
  });
  const ScriptedRegistry target(&accept);
  Endpoint endpoint = source.endpoint();
  endpoint.credentials = Credentials{"user", "pass"};
  const CopiedImage image = copy_one(endpoint, target.endpoint());
  EXPECT_EQ(image.outcome, CopyOutcome::copied) << image.error->message;
  ASSERT_EQ(storage.requests().size(), 1U);
  EXPECT_EQ(storage.requests().front().authorization, "");
  for (const ScriptedRequest& request : target.requests()) {
    EXPECT_EQ(request.authorization, "");
  }
}

TEST(CopyFromAScriptedSource, WaitsWhenItIsAskedTo) {
  std::atomic<int> refusals{0};
  const ScriptedRegistry source([&](const ScriptedRequest& request) -> ScriptedAnswer {
    if (is_blob(request, kLayer) && refusals++ == 0) {
      return {.status = 503, .headers = {{"Retry-After", "0"}}};
    }
    return serve(request, kLayer);
  });
  const ScriptedRegistry target(&accept);
  EXPECT_EQ(copy_one(source.endpoint(), target.endpoint()).outcome, CopyOutcome::copied);
  EXPECT_EQ(refusals, 2);
}

TEST(CopyFromAScriptedSource, NeedsNoDigestHeader) {
  const ScriptedRegistry source([](const ScriptedRequest& request) {
    ScriptedAnswer answer = serve(request, kLayer);
    std::erase_if(answer.headers, [](const auto& h) { return h.first.starts_with("Docker-"); });
    return answer;
  });
  const ScriptedRegistry target(&accept);
  const CopiedImage image = copy_one(source.endpoint(), target.endpoint());
  EXPECT_EQ(image.outcome, CopyOutcome::copied) << image.error->message;
  EXPECT_EQ(image.digest, sha256_digest(kManifest));
}

}  // namespace
}  // namespace ocibench::oci
