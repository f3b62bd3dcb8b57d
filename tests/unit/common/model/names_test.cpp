#include "common/model/names.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ocibench {
namespace {

TEST(Names, KnowWhatAnAgentMayBeCalled) {
  EXPECT_TRUE(is_agent_name("lane-1"));
  EXPECT_TRUE(is_agent_name(std::string(64, 'a')));
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("Lane"), std::string("a/b"),
        std::string("a.b"), std::string("a b"), std::string("a\0", 2)}) {
    EXPECT_FALSE(is_agent_name(name)) << name;
  }
}

TEST(Names, KnowTrialIdsThatAreSafeAsPaths) {
  EXPECT_TRUE(is_trial_id("cold/skopeo/r1"));
  EXPECT_TRUE(is_trial_id("one"));
  for (const char* id : {"", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "a b"}) {
    EXPECT_FALSE(is_trial_id(id)) << id;
  }
  EXPECT_FALSE(is_trial_id(std::string(kMaxTrialIdBytes + 1, 'a')));
}

TEST(Names, KnowPlainFileNames) {
  EXPECT_TRUE(is_artifact_name("samples.csv"));
  EXPECT_TRUE(is_artifact_name(std::string(kMaxArtifactNameBytes, 'a')));
  for (const std::string& name : {std::string(), std::string(".hidden"), std::string("a/b"),
                                  std::string(kMaxArtifactNameBytes + 1, 'a')}) {
    EXPECT_FALSE(is_artifact_name(name)) << name;
  }
}

TEST(Names, KnowIdsAndHexadecimalDigits) {
  EXPECT_TRUE(is_id("20261121T201500Z-3f9a1c"));
  EXPECT_TRUE(is_id(""));
  EXPECT_FALSE(is_id("a.b"));
  EXPECT_FALSE(is_id(std::string(65, 'a')));
  EXPECT_TRUE(is_lower_hex("09af", 4));
  EXPECT_FALSE(is_lower_hex("09AF", 4));
  EXPECT_FALSE(is_lower_hex("09af", 5));
  EXPECT_FALSE(is_lower_hex("09ag", 4));
}

}  // namespace
}  // namespace ocibench
