#include "protocol/zap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench::protocol {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kRawKey(kKeyBytes, '\x42');

std::vector<std::string> request_with(const std::string& credentials) {
  return {"1.0", "7", "ocibench", "10.0.0.7", "", "CURVE", credentials};
}

AllowList allow_list() {
  AllowList allowed;
  EXPECT_TRUE(allowed.allow(AgentName("lane-1"), public_key_of(kRawKey)));
  return allowed;
}

TEST(Zap, LetsAnAllowedKeyInUnderItsName) {
  const ZapAnswer answer = answer_zap(request_with(kRawKey), allow_list());
  EXPECT_THAT(answer.frames,
              ElementsAre("1.0", "7", "200", "OK", "lane-1/" + public_key_of(kRawKey).str(), ""));
  EXPECT_FALSE(answer.refused);
}

TEST(Zap, RefusesAnUnknownKeyAndSaysWhichAndWhence) {
  const std::string stranger(kKeyBytes, '\x07');
  const ZapAnswer answer = answer_zap(request_with(stranger), allow_list());
  EXPECT_THAT(answer.frames, ElementsAre("1.0", "7", "400", "unknown key", "", ""));
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->key, public_key_of(stranger));
  EXPECT_EQ(answer.address, "10.0.0.7");
}

TEST(Zap, RefusesAnotherMechanismAndAKeyOfAnotherSize) {
  auto plain = request_with(kRawKey);
  plain[5] = "PLAIN";
  EXPECT_EQ(answer_zap(plain, allow_list()).frames.at(2), "400");
  EXPECT_EQ(answer_zap(request_with("short"), allow_list()).frames.at(2), "400");
}

TEST(Zap, DoesNotAnswerWhatIsNoRequest) {
  EXPECT_THAT(answer_zap({}, allow_list()).frames, IsEmpty());
  EXPECT_THAT(answer_zap({"1.0", "7"}, allow_list()).frames, IsEmpty());
  auto newer = request_with(kRawKey);
  newer[0] = "2.0";
  EXPECT_THAT(answer_zap(newer, allow_list()).frames, IsEmpty());
}

TEST(Zap, AUserIdIsReadBackThoughKeysHoldSlashes) {
  const Caller caller{AgentName("lane-1"), PublicKey("ab/cd/ef")};
  const auto read = parse_user_id(user_id_of(caller));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, caller.name);
  EXPECT_EQ(read->key, caller.key);
  EXPECT_FALSE(parse_user_id("lane-1"));
}

TEST(AllowList, GivesAKeyOneName) {
  AllowList allowed = allow_list();
  EXPECT_TRUE(allowed.allow(AgentName("lane-1"), public_key_of(kRawKey)));
  EXPECT_FALSE(allowed.allow(AgentName("lane-2"), public_key_of(kRawKey)));
}

TEST(AllowList, GivesANameSeveralKeysWhileTheyAreChanged) {
  AllowList allowed = allow_list();
  const PublicKey next = public_key_of(std::string(kKeyBytes, '\x43'));
  ASSERT_TRUE(allowed.allow(AgentName("lane-1"), next));
  EXPECT_EQ(*allowed.name_of(next), AgentName("lane-1"));
  EXPECT_EQ(*allowed.name_of(public_key_of(kRawKey)), AgentName("lane-1"));
  EXPECT_THAT(allowed.names(), ElementsAre(AgentName("lane-1")));
}

}  // namespace
}  // namespace ocibench::protocol
