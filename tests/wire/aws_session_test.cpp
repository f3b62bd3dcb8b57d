#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/session.hpp"
#include "common/file.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::ScriptedAws;

const AccessKey kFirst{"AKIDFIRST", "first-secret", "first-token"};
const AccessKey kSecond{"AKIDSECOND", "second-secret", "second-token"};

class AwsSession : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file_atomically(directory_.path() / name, text));
    return directory_.path() / name;
  }
  std::size_t asked_metadata() {
    return static_cast<std::size_t>(std::ranges::count_if(
        aws_.calls(), [](const auto& call) { return call.service == "imds"; }));
  }

  SystemClock clock_;
  ScriptedAws aws_;
  TemporaryDirectory directory_ = TemporaryDirectory::create("/tmp", "aws-session-").value();
};

TEST_F(AwsSession, TakesTheEnvironmentBeforeTheProfileBeforeTheRole) {
  aws_.give_role(kSecond, clock_.wall() + std::chrono::hours(1));
  Settings settings = aws_.settings_of_an_instance();
  EXPECT_EQ(Session(settings, clock_).credentials()->key, kSecond);
  settings.credentials_file = write("credentials",
                                    "[default]\naws_access_key_id = ID\n"
                                    "aws_secret_access_key=S=E\n");
  EXPECT_EQ(Session(settings, clock_).credentials()->key, (AccessKey{"ID", "S=E", ""}));
  settings.key = kFirst;
  EXPECT_EQ(Session(settings, clock_).credentials()->key, kFirst);
}

TEST_F(AwsSession, ReadsTheProfileThatIsAskedFor) {
  Settings settings{.profile = "lab"};
  settings.credentials_file = write("credentials",
                                    "# mine\n[default]\naws_access_key_id = WRONG\n[ lab ]\n"
                                    "aws_access_key_id = LAB\naws_secret_access_key = s\n"
                                    "aws_session_token = t\n");
  settings.config_file = write("config", "[profile lab]\nregion = eu-west-1\ns3 =\n  region = x\n");
  Session session(settings, clock_);
  EXPECT_EQ(session.credentials()->key, (AccessKey{"LAB", "s", "t"}));
  EXPECT_EQ(session.region().value(), "eu-west-1");
}

TEST_F(AwsSession, KeepsTheKeyOfARoleAndFetchesItAgainFiveMinutesBeforeItExpires) {
  aws_.give_role(kFirst, clock_.wall() + std::chrono::hours(1));
  Session session(aws_.settings_of_an_instance(), clock_);
  ASSERT_EQ(session.credentials()->key, kFirst);
  const std::size_t asked = asked_metadata();
  ASSERT_EQ(session.credentials()->key, kFirst);
  EXPECT_EQ(asked_metadata(), asked);

  aws_.give_role(kFirst, clock_.wall() + std::chrono::minutes(4));
  Session late(aws_.settings_of_an_instance(), clock_);
  ASSERT_EQ(late.credentials()->key, kFirst);
  aws_.give_role(kSecond, clock_.wall() + std::chrono::hours(1));
  EXPECT_EQ(late.credentials()->key, kSecond);
}

TEST_F(AwsSession, RenewsAKeyThatAServiceCallsExpired) {
  aws_.accept(kFirst);
  aws_.give_role(kFirst, clock_.wall() + std::chrono::hours(1));
  Session session(aws_.settings_of_an_instance(), clock_);
  Ecr ecr = Ecr::create(session).value();
  ASSERT_TRUE(ecr.login());
  AccessKey renewed = kFirst;
  renewed.session_token = "renewed-token";
  aws_.accept(renewed);
  aws_.give_role(renewed, clock_.wall() + std::chrono::hours(1));
  EXPECT_TRUE(ecr.login());
}

TEST_F(AwsSession, AsksForANewMetadataTokenWhenTheOldOneIsRefused) {
  aws_.give_role(kFirst, clock_.wall() + std::chrono::hours(1));
  Session session(aws_.settings_of_an_instance(), clock_);
  ASSERT_TRUE(session.credentials());
  aws_.forget_metadata_tokens();
  session.forget_credentials();
  EXPECT_EQ(session.credentials()->key, kFirst);
}

TEST_F(AwsSession, TakesTheRegionFromTheInstance) {
  aws_.tell(std::string(Imds::kRegion), "ap-south-1");
  Settings settings = aws_.settings_of_an_instance();
  settings.region.clear();
  EXPECT_EQ(Session(settings, clock_).region().value(), "ap-south-1");
}

TEST_F(AwsSession, SaysWhereItLookedForAKey) {
  Settings settings{.credentials_file = "/no/such/credentials"};
  settings.metadata_endpoint = aws_.url();  // it has no role
  const auto none = Session(settings, clock_).credentials();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::unavailable);
  EXPECT_THAT(none.error().message, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(none.error().message, HasSubstr("/no/such/credentials"));
  EXPECT_THAT(none.error().message, HasSubstr("no role"));
}

TEST_F(AwsSession, SaysThatThereIsNoInstanceWithinTwoSecondsAndThenAtOnce) {
  // 192.0.2.0/24 is for documentation: packets to it are lost.
  Imds imds = Imds::create("http://192.0.2.1", clock_).value();
  const MonoTime begin = clock_.now();
  EXPECT_EQ(imds.get(Imds::kZoneId).error().code, ErrorCode::unavailable);
  const MonoTime middle = clock_.now();
  EXPECT_EQ(imds.get(Imds::kZoneId).error().code, ErrorCode::unavailable);
  EXPECT_LT(middle - begin, std::chrono::seconds(2));
  EXPECT_LT(clock_.now() - middle, std::chrono::milliseconds(50));
}

TEST_F(AwsSession, RepeatsNothingOfAnAnswerThatHoldsASecret) {
  const std::string roles(Imds::kRoles);
  aws_.tell(roles, "lane");
  aws_.tell(roles + "lane", R"({"AccessKeyId":"ID","SecretAccessKey":"hush","Token":)");
  const auto broken = Session(aws_.settings_of_an_instance(), clock_).credentials();
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, Not(HasSubstr("hush")));
}

TEST_F(AwsSession, SendsNoCredentialsOverPlainHttpToAnotherMachine) {
  Settings settings = aws_.settings();
  settings.endpoints = {{"ecr", "http://ecr.example:8080"}};
  Session session(settings, clock_);
  EXPECT_EQ(Ecr::create(session).error().code, ErrorCode::bad_input);
}

}  // namespace
}  // namespace ocibench::aws
