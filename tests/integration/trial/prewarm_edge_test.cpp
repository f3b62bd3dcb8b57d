// Pre-warming through a content delivery network, which a script plays.

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "agent/prewarm.hpp"
#include "common/oci/digest.hpp"
#include "common/oci/manifest.hpp"
#include "tests/support/scripted_registry.hpp"

namespace ocibench::agent {
namespace {

using testing_support::ScriptedAnswer;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedRequest;

constexpr std::string_view kConfig = "{}";

/// The manifest of an image that is nothing but its config.
std::string manifest_of_one_blob() {
  return oci::write_manifest(
      {.media_type = std::string(oci::media_type::kOciManifest),
       .config = oci::Descriptor{.media_type = std::string(oci::media_type::kOciConfig),
                                 .digest = oci::sha256_digest(kConfig),
                                 .size_bytes = kConfig.size()}});
}

/// Pre-warms that image, at a/1 of this registry, for so many runs.
Result<PrewarmReport> warm_from(const ScriptedRegistry& registry, const std::string& manifest,
                                std::uint32_t runs) {
  const SystemClock clock;
  const Cancellation never;
  const TimeBudget budget(clock, never, std::chrono::minutes(1));
  const std::string digest = oci::sha256_digest(manifest);
  const ManifestInfo info = {.digest = digest,
                             .size_bytes = manifest.size(),
                             .blobs = {{oci::sha256_digest(kConfig), kConfig.size()}}};
  const ResolvedCorpus lock = {
      .images = {{.repository = "a", .tag = "1", .digest = digest, .manifests = {info}}}};
  const oci::Endpoint source = registry.endpoint();
  return prewarm({source, lock, runs}, budget);
}

/// One image of one blob behind an edge. `claim` is what the edge says at each request for the
/// blob.
class Edge {
 public:
  using Claim = std::function<std::string(int request)>;
  enum class Head { allowed, refused };

  explicit Edge(Claim claim, Head head = Head::allowed)
      : claim_(std::move(claim)),
        head_(head),
        manifest_(manifest_of_one_blob()),
        registry_([this](const ScriptedRequest& request) { return answer(request); }) {}

  [[nodiscard]] PrewarmReport warm() const {
    const auto report = warm_from(registry_, manifest_, 1);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report.value_or(PrewarmReport{});
  }

  [[nodiscard]] std::ptrdiff_t reads() const {
    const auto requests = registry_.requests();
    return std::ranges::count_if(requests, [](const ScriptedRequest& request) {
      return request.method == "GET" && request.target.find("/blobs/") != std::string::npos;
    });
  }

 private:
  ScriptedAnswer answer(const ScriptedRequest& request) {
    if (request.target.find("/blobs/") == std::string::npos) {
      return {.headers = {{"Content-Type", std::string(oci::media_type::kOciManifest)}},
              .body = manifest_};
    }
    if (request.method == "HEAD" && head_ == Head::refused) {
      return {.status = 403};
    }
    return {.headers = {{"X-Cache", claim_(++asked_)}, {"X-Amz-Cf-Pop", "FRA56-P4"}},
            .body = std::string(kConfig)};
  }

  const Claim claim_;
  const Head head_;
  const std::string manifest_;
  std::atomic<int> asked_{0};
  ScriptedRegistry registry_;
};

std::string hit_from_the_second_on(int request) {
  return request == 1 ? "Miss from cloudfront" : "Hit from cloudfront";
}

TEST(PrewarmAtAnEdge, ConfirmsByHeadersThatTheSecondRequestIsAHit) {
  const Edge edge(hit_from_the_second_on);
  const PrewarmReport report = edge.warm();
  EXPECT_EQ(report.hit_blobs, 1U);
  EXPECT_EQ(report.passes, 2U);
  EXPECT_EQ(report.edges, std::set<std::string>{"fra56-p4"});
  EXPECT_EQ(edge.reads(), 1) << "HEAD was enough";
}

TEST(PrewarmAtAnEdge, ReadsAgainWhereHeadIsRefused) {
  const Edge edge(hit_from_the_second_on, Edge::Head::refused);
  EXPECT_EQ(edge.warm().hit_blobs, 1U);
  EXPECT_EQ(edge.reads(), 2);
}

TEST(PrewarmAtAnEdge, GivesUpOnAnEdgeThatNeverHitsAndSaysSo) {
  const Edge edge([](int) { return "Miss from cloudfront"; });
  const PrewarmReport report = edge.warm();
  EXPECT_EQ(report.hit_blobs, 0U);
  EXPECT_EQ(report.passes, kPrewarmPasses);
  EXPECT_NE(describe(report).find("NOT warm: 0 of 1 blobs"), std::string::npos);
}

/// A registry with one blob that it keeps elsewhere, and with a quota.
class Redirecting {
 public:
  explicit Redirecting(std::string quota)
      : quota_(std::move(quota)),
        manifest_(manifest_of_one_blob()),
        network_([this](const ScriptedRequest&) {
          return ScriptedAnswer{
              .headers = {{"X-Cache", ++served_ == 1 ? "MISS, MISS" : "MISS, HIT"},
                          {"X-Served-By", "cache-iad-1-IAD, cache-fra-2-FRA"}},
              .body = std::string(kConfig)};
        }),
        registry_([this](const ScriptedRequest& request) { return answer(request); }) {}

  Result<PrewarmReport> warm(std::uint32_t runs = 1) const {
    return warm_from(registry_, manifest_, runs);
  }
  [[nodiscard]] std::string network_host() const { return network_.host(); }
  [[nodiscard]] std::size_t requests() const { return registry_.requests().size(); }

 private:
  ScriptedAnswer answer(const ScriptedRequest& request) {
    if (request.target.find("/blobs/") != std::string::npos) {
      return asked_++ == 0 ? ScriptedAnswer{.status = 429, .headers = {{"Retry-After", "0"}}}
                           : ScriptedAnswer{.status = 307,
                                            .headers = {{"Location", network_.url() + "/b?sig=1"}}};
    }
    return {.headers = {{"Content-Type", std::string(oci::media_type::kOciManifest)},
                        {"RateLimit-Remaining", quota_}},
            .body = manifest_};
  }

  const std::string quota_;
  const std::string manifest_;
  std::atomic<int> served_{0};
  std::atomic<int> asked_{0};
  ScriptedRegistry network_;
  ScriptedRegistry registry_;
};

TEST(PrewarmAtAnEdge, SaysWhoSentTheBytesWhereAndHowOftenItHadToWait) {
  const Redirecting world("100;w=21600");
  const auto report = world.warm();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->hosts.at(world.network_host()), kConfig.size());
  EXPECT_EQ(report->hosts.size(), 2U) << "manifests are the registry's own";
  EXPECT_EQ(report->edges, std::set<std::string>{"fra"});
  EXPECT_EQ(report->throttled, 1U);
  EXPECT_TRUE(report->is_warm());
  EXPECT_EQ(report->passes, 2U);
}

TEST(PrewarmAtAnEdge, RefusesWhatTheQuotaDoesNotAllowBeforeItUsesAnyOfIt) {
  const Redirecting world("5;w=21600");
  EXPECT_TRUE(world.warm(4));
  const std::size_t before = world.requests();
  const auto report = world.warm(5);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::limit);
  EXPECT_NE(report.error().message.find("will answer 5 more requests for manifests "
                                        "(ratelimit-remaining: 5;w=21600) and this trial needs at "
                                        "least 6"),
            std::string::npos)
      << report.error().message;
  EXPECT_EQ(world.requests(), before + 1) << "a HEAD, which is free";
}

TEST(PrewarmAtAnEdge, LooksOnlyOnceWhereTheFirstAnswerIsAHit) {
  const Edge edge([](int) { return "Hit from cloudfront"; });
  EXPECT_EQ(edge.warm().passes, 1U);
  EXPECT_EQ(edge.reads(), 1);
}

}  // namespace
}  // namespace ocibench::agent
