#include "agent/prewarm.hpp"

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

EdgeCache cache_of(std::map<std::string, std::string> headers) {
  return edge_cache({.headers = std::move(headers)});
}

TEST(EdgeCache, KnowsTheHeadersOfCommonNetworks) {
  EXPECT_EQ(cache_of({{"x-cache", "Hit from cloudfront"}}), EdgeCache::hit);
  EXPECT_EQ(cache_of({{"x-cache", "Miss from cloudfront"}}), EdgeCache::miss);
  EXPECT_EQ(cache_of({{"x-cache", "MISS, HIT"}}), EdgeCache::hit);
  EXPECT_EQ(cache_of({{"x-cache", "HIT, MISS"}}), EdgeCache::miss) << "the edge is the last";
  EXPECT_EQ(cache_of({{"x-cache", "HIT, MISS"}, {"age", "9"}}), EdgeCache::miss);
  EXPECT_EQ(cache_of({{"cf-cache-status", "HIT"}}), EdgeCache::hit);
  EXPECT_EQ(cache_of({{"cf-cache-status", "EXPIRED"}}), EdgeCache::miss);
  EXPECT_EQ(cache_of({{"age", "12"}}), EdgeCache::hit);
  EXPECT_EQ(cache_of({{"age", "0"}}), EdgeCache::miss);
}

TEST(EdgeCache, DoesNotTakeAPlainAnswerForAHit) {
  EXPECT_EQ(cache_of({}), EdgeCache::unknown);
  EXPECT_EQ(cache_of({{"via", "1.1 proxy"}}), EdgeCache::unknown);
}

TEST(PrewarmReport, SaysThatARegistryWithoutANetworkHasNothingToWarm) {
  EXPECT_EQ(describe({.manifests = 3, .blobs = 24, .bytes = 262'000'000}),
            "262 MB in 3 manifests and 24 blobs read and verified; no CDN headers: not applicable");
}

TEST(PrewarmReport, SaysLoudlyThatAnEdgeIsNotWarm) {
  const std::string text = describe({.blobs = 4,
                                     .cached_blobs = 4,
                                     .cached_bytes = 1'000'000,
                                     .hit_blobs = 3,
                                     .hit_bytes = 940'000,
                                     .passes = 3,
                                     .edges = {"fra56-p4"}});
  EXPECT_NE(text.find("NOT warm: 3 of 4 blobs (940 kB of 1.00 MB) are hits at the edge after 3 "
                      "passes (fra56-p4)"),
            std::string::npos)
      << text;
}

TEST(PrewarmReport, IsWarmWithNineteenOfTwentyBytes) {
  EXPECT_TRUE((PrewarmReport{.cached_bytes = 100, .hit_bytes = 95}.is_warm()));
  EXPECT_FALSE((PrewarmReport{.cached_bytes = 100, .hit_bytes = 94}.is_warm()));
}

TEST(PrewarmReport, SaysWhoHasSentHowMuchAndHowOftenItHadToWait) {
  const std::string text = describe({.bytes = 1000,
                                     .hosts = {{"r.example", 70}, {"cdn.example", 930}},
                                     .throttled = 2,
                                     .quota_remaining = "76;w=21600"});
  EXPECT_NE(text.find("93.0 % from cdn.example, 7.0 % from r.example"), std::string::npos) << text;
  EXPECT_NE(text.find("2 answers 429"), std::string::npos) << text;
  EXPECT_NE(text.find("76;w=21600"), std::string::npos) << text;
}

}  // namespace
}  // namespace ocibench::agent
