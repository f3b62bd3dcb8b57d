#include "common/aws/profile_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const ProfileSection kDefault{"", "default"};

TEST(ProfileFile, HasSectionsWithCommentsBlanksAndLineEndsOfItsOwn) {
  for (const char* text : {
           "[default]\nregion = eu-west-1\n",
           "[default] ; mine\nregion = eu-west-1\n",
           "[default] # mine]\nregion=eu-west-1",
           "[ default ]\r\nregion = eu-west-1\r\n",
           "[\"default\"]\nREGION : eu-west-1\n",
           "[other]\nregion = x\n[default]\n\n# a comment\n; another\nregion = eu-west-1\n",
           "[default]\nregion = eu-west-1 # near\n",
           "[default]\nregion = eu-west-1\t; near\n[other]\nregion = x\n",
       }) {
    const auto keys = parse_profile(text, kDefault);
    ASSERT_TRUE(keys) << text;
    EXPECT_THAT(*keys, ElementsAre(Pair("region", "eu-west-1"))) << text;
  }
}

TEST(ProfileFile, TellsASectionThatIsMissingFromAnEmptyOne) {
  EXPECT_FALSE(parse_profile("", kDefault));
  EXPECT_FALSE(parse_profile("[defaults]\na = b\n[default\na = b\n", kDefault));
  EXPECT_TRUE(parse_profile("[default]", kDefault)->empty());
}

TEST(ProfileFile, KnowsAProfileOfTheConfigurationByAnyWayToWriteIt) {
  for (const char* header :
       {"[profile two words]", "[profile \"two words\"]", "[profile  two words]",
        "[profile\ttwo words ]", "[ profile 'two words' ] # mine"}) {
    EXPECT_TRUE(parse_profile(std::string(header) + "\na = b\n", {"profile", "two words"}))
        << header;
  }
  for (const char* header : {"[two words]", "[profiletwo words]", "[services two words]",
                             "[profile two]", "[profile default]"}) {
    EXPECT_FALSE(parse_profile(std::string(header) + "\na = b\n", {"profile", "two words"}))
        << header;
  }
  EXPECT_TRUE(parse_profile("[default]\n", {"profile", "default"}));
  EXPECT_TRUE(parse_profile("[profile default]\n", {"profile", "default"}));
}

TEST(ProfileFile, KeepsNestedSettingsApart) {
  const auto keys = parse_profile(
      "[default]\ns3 =\n    endpoint_url = http://a\n    aws_access_key_id = WRONG\n"
      "aws_access_key_id = RIGHT\n[services x]\necr =\n  endpoint_url = http://b\n",
      kDefault);
  EXPECT_THAT(*keys, ElementsAre(Pair("aws_access_key_id", "RIGHT"), Pair("s3", ""),
                                 Pair("s3.aws_access_key_id", "WRONG"),
                                 Pair("s3.endpoint_url", "http://a")));
}

TEST(ProfileFile, TakesKeysThatAreAllIndented) {
  EXPECT_THAT(*parse_profile("[default]\n  a = 1\n  b = 2\n", kDefault),
              ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(ProfileFile, CutsNoValueAtAHashInsideOfIt) {
  EXPECT_THAT(*parse_profile("[default]\na = S=E#1;2\nb = # nothing\nnonsense\n", kDefault),
              ElementsAre(Pair("a", "S=E#1;2"), Pair("b", "")));
}

}  // namespace
}  // namespace ocibench::aws
