#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/s3.hpp"
#include "common/aws/session.hpp"
#include "common/file.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::aws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::AwsCall;
using testing_support::ScriptedAws;
using testing_support::ScriptedReply;

/// Stands still until it is moved.
class SteppedClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return SystemClock().wall(); }
  void step(std::chrono::nanoseconds duration) { now_ += duration; }

 private:
  MonoTime now_{std::chrono::hours(1)};
};

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

  void lose_metadata(int times) {
    aws_.interfere([left = times](const AwsCall&, const ScriptedAws::CarryOut& carry_out) mutable {
      return left-- > 0 ? ScriptedReply{.cut_off = true} : carry_out();
    });
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

TEST_F(AwsSession, RefusesAProfileThatIsNamedAndMissingInsteadOfTheRole) {
  aws_.give_role(kSecond, clock_.wall() + std::chrono::hours(1));
  Settings settings = aws_.settings_of_an_instance();
  settings.credentials_file = write("credentials",
                                    "[lab]\naws_access_key_id = L\n"
                                    "aws_secret_access_key = s\n");
  settings.config_file = write("config", "[profile lab]\n[profile keyless]\nregion = eu-west-1\n");
  for (const char* missing : {"typo", "default", "profile lab"}) {
    settings.profile = missing;
    const auto refused = Session(settings, clock_).credentials();
    ASSERT_FALSE(refused) << missing;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_input);
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr("no profile " + std::string(missing) + " (AWS_PROFILE)"),
                      HasSubstr(settings.credentials_file.string()),
                      HasSubstr(settings.config_file.string())));
    Settings with_key = settings;
    with_key.endpoints.clear();
    with_key.key = kFirst;
    Session session(with_key, clock_);
    EXPECT_EQ(Ecr::create(session).error().code, ErrorCode::bad_input) << "nor its endpoint";
  }
  settings.profile = "keyless";
  EXPECT_EQ(Session(settings, clock_).credentials()->key, kSecond) << "a profile without keys";
  settings.profile.reset();
  EXPECT_EQ(Session(settings, clock_).credentials()->key, kSecond) << "no profile is named";
}

TEST_F(AwsSession, RefusesAWayToGetKeysThatItDoesNotKnow) {
  aws_.give_role(kSecond, clock_.wall() + std::chrono::hours(1));
  Settings settings = aws_.settings_of_an_instance();
  for (const char* way : {"role_arn", "credential_process", "sso_session"}) {
    settings.config_file = write("config", "[default]\n" + std::string(way) + " = x\n");
    const auto refused = Session(settings, clock_).credentials();
    ASSERT_FALSE(refused) << way;
    EXPECT_THAT(refused.error().message,
                AllOf(HasSubstr(way), HasSubstr("export-credentials --profile default")));
  }
}

TEST_F(AwsSession, TakesAKeyWithoutWhatCopyingLeftAroundIt) {
  Settings settings = aws_.settings();
  settings.key->id += "\n";
  settings.key->secret = " " + settings.key->secret + "\r\n";
  Session session(settings, clock_);
  const auto login = Ecr::create(session)->login();
  EXPECT_TRUE(login) << login.error().message;
}

TEST_F(AwsSession, RefusesAKeyThatIsNone) {
  aws_.give_role(kSecond, clock_.wall() + std::chrono::hours(1));
  for (const AccessKey& wrong :
       {AccessKey{"ID", "zq\nzq", ""}, AccessKey{"I D", "secret", ""}, AccessKey{"ID", "", ""},
        AccessKey{"", "secret", ""}, AccessKey{"ID", "secret", "to\x01ken"}}) {
    Settings settings = aws_.settings_of_an_instance();
    settings.key = wrong;
    const auto refused = Session(settings, clock_).credentials();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_input);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("the environment"), Not(HasSubstr("zq"))));
  }
  Settings settings = aws_.settings_of_an_instance();
  settings.credentials_file = write("credentials", "[default]\naws_access_key_id = ID\n");
  EXPECT_THAT(Session(settings, clock_).credentials().error().message,
              HasSubstr("is not complete: its secret is missing"));
}

TEST_F(AwsSession, FindsEndpointsInTheOrderOfAwssOwnPrograms) {
  Settings settings{.profile = "lab"};
  settings.config_file =
      write("config",
            "[profile lab]\nendpoint_url = http://all\nservices = mine\n[profile quiet]\n"
            "endpoint_url = http://all\nignore_configured_endpoint_urls = true\n"
            "[services mine]\necr =\n  endpoint_url = http://ecr\ns3 =\n  x = y\n");
  const auto endpoint = [&](const std::string& service) {
    return Session(settings, clock_).endpoint(service).value().value_or("none");
  };
  EXPECT_EQ(endpoint("ecr"), "http://ecr");
  EXPECT_EQ(endpoint("s3"), "http://all");
  settings.endpoints = {{"", "http://env"}};
  EXPECT_EQ(endpoint("ecr"), "http://env") << "the environment's for all before the profile's";
  settings.endpoints.emplace("ecr", "http://env-ecr");
  EXPECT_EQ(endpoint("ecr"), "http://env-ecr");
  settings.ignore_endpoints = true;
  EXPECT_EQ(endpoint("ecr"), "none");
  settings.ignore_endpoints.reset();
  settings.endpoints.clear();
  settings.profile = "quiet";
  EXPECT_EQ(endpoint("s3"), "none");
  settings.ignore_endpoints = false;
  EXPECT_EQ(endpoint("s3"), "http://all");
}

TEST_F(AwsSession, SendsItsCallsToTheEndpointOfTheProfile) {
  Settings settings = aws_.settings();
  settings.endpoints.clear();
  settings.config_file = write("config", "[default]\nendpoint_url = " + aws_.url() + "/\n");
  Session session(settings, clock_);
  EXPECT_TRUE(Ecr::create(session)->login());
  EXPECT_TRUE(Bucket::create(session, "results")->list(""));
  EXPECT_EQ(aws_.calls().back().operation.substr(0, 13), "GET /results/");
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

TEST_F(AwsSession, SaysThatThereIsNoInstanceWithinSeconds) {
  // 192.0.2.0/24 is for documentation: packets to it are lost.
  Imds imds = Imds::create("http://192.0.2.1", clock_).value();
  const MonoTime begin = clock_.now();
  EXPECT_EQ(imds.get(Imds::kZoneId).error().code, ErrorCode::unavailable);
  EXPECT_LT(clock_.now() - begin, std::chrono::seconds(20)) << "libcurl's own limit is 300 s";
}

TEST_F(AwsSession, SendsNoTokenThatWouldBeALineOfItsOwn) {
  aws_.interfere([](const AwsCall& call, const ScriptedAws::CarryOut& carry_out) {
    return call.operation.starts_with("PUT ") ? ScriptedReply{200, "token\r\nX-Evil: 1", {}}
                                              : carry_out();
  });
  Imds imds = Imds::create(aws_.url(), clock_).value();
  EXPECT_THAT(imds.get(Imds::kZoneId).error().message, HasSubstr("gives no token"));
  EXPECT_EQ(asked_metadata(), 1U) << "nothing is asked with it";
}

TEST_F(AwsSession, AsksAnewForMetadataSecondsAfterAFailure) {
  aws_.give_role(kFirst, clock_.wall() + std::chrono::hours(1));
  SteppedClock clock;
  Session session(aws_.settings_of_an_instance(), clock);
  lose_metadata(1);
  ASSERT_FALSE(session.credentials());
  const std::size_t asked = asked_metadata();
  clock.step(Imds::kAbsentFor - std::chrono::milliseconds(1));
  EXPECT_FALSE(session.credentials());
  EXPECT_EQ(asked_metadata(), asked) << "absence is remembered for a while";
  clock.step(std::chrono::milliseconds(1));
  const auto late = session.credentials();
  ASSERT_TRUE(late) << late.error().message;
  EXPECT_EQ(late->key, kFirst);
}

TEST_F(AwsSession, NeverTakesAMetadataServiceForAbsentThatHasGivenAToken) {
  aws_.give_role(kFirst, clock_.wall() + std::chrono::hours(1));
  SteppedClock clock;
  Session session(aws_.settings_of_an_instance(), clock);
  ASSERT_TRUE(session.credentials());
  for (const auto later :
       {std::chrono::hours(0), std::chrono::hours(7)}) {  // with and without token
    clock.step(later);
    session.forget_credentials();
    lose_metadata(Imds::kMostTries);
    const auto lost = session.credentials();
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message, Not(HasSubstr("there is no instance metadata")));
    lose_metadata(Imds::kMostTries - 1);
    const auto found = session.credentials();
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->key, kFirst);
  }
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
