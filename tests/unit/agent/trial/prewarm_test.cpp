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
  const std::string text =
      describe({.blobs = 4, .cached_blobs = 4, .hit_blobs = 3, .passes = 3, .edges = {"fra56-p4"}});
  EXPECT_NE(text.find("NOT warm: 3 of 4 blobs are hits at the edge after 3 passes (fra56-p4)"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace ocibench::agent
