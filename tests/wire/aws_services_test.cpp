// ECR, the parameter store and refusals, against an AWS that verifies every signature.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/ssm.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench::aws {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing_support::ScriptedAws;

constexpr RetryLimits kQuick{.most = 2, .first_wait = std::chrono::milliseconds(1)};

class AwsServices : public ::testing::Test {
 protected:
  std::size_t calls(const std::string& operation) {
    return static_cast<std::size_t>(std::ranges::count_if(
        aws_.calls(), [&](const auto& call) { return call.operation == operation; }));
  }

  SystemClock clock_;
  ScriptedAws aws_;
  Session session_{aws_.settings(), clock_};
  Ecr ecr_ = Ecr::create(session_, kQuick).value();
  ParameterStore store_ = ParameterStore::create(session_, kQuick).value();
};

TEST_F(AwsServices, LogsInToARegistry) {
  const Result<RegistryLogin> login = ecr_.login();
  ASSERT_TRUE(login) << login.error().message;
  EXPECT_EQ(login->username, "AWS");
  EXPECT_EQ(login->password, "the-password");
  EXPECT_EQ("https://" + login->registry, "https" + aws_.url().substr(4));
  EXPECT_EQ(format_rfc3339(login->expires), "2030-01-01T00:00:00.500Z");
}

TEST_F(AwsServices, SignsWithASessionTokenToo) {
  const AccessKey key{"AKIDTEMP", "temporary/secret", "a+token/with=signs"};
  aws_.accept(key);
  Session session(aws_.settings(), clock_);
  EXPECT_TRUE(Ecr::create(session, kQuick)->login());
}

TEST_F(AwsServices, CreatesRepositoriesOnceAndDeletesThemWithoutComplaint) {
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::now);
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::was_there);
  EXPECT_THAT(aws_.repositories(), ElementsAre("bench/a"));
  EXPECT_TRUE(ecr_.delete_repository("bench/a"));
  EXPECT_TRUE(ecr_.delete_repository("bench/a"));
  EXPECT_THAT(aws_.repositories(), IsEmpty());
}

TEST_F(AwsServices, ListsTheRepositoriesUnderAPrefixOverAllPages) {
  for (const char* name : {"bench/a", "bench/b", "bench/c", "bench/d", "other"}) {
    ASSERT_TRUE(ecr_.create_repository(name));
  }
  const auto found = ecr_.repositories("bench/");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 4U);
  EXPECT_EQ(calls("DescribeRepositories"), 3U);
  EXPECT_THAT(found->front().uri, HasSubstr("/bench/a"));
}

TEST_F(AwsServices, TellsWhetherBlobsAreMounted) {
  EXPECT_EQ(ecr_.blob_mounting().value(), BlobMounting::disabled);
  aws_.set_blob_mounting("ENABLED");
  EXPECT_EQ(ecr_.blob_mounting().value(), BlobMounting::enabled);
}

TEST_F(AwsServices, TriesAgainWhenThrottledAndCountsIt) {
  aws_.refuse(2, 400, "ThrottlingException");
  EXPECT_TRUE(ecr_.create_repository("bench/a"));
  EXPECT_EQ(ecr_.throttled(), 2U);
}

TEST_F(AwsServices, GivesUpWhenItIsThrottledForTooLong) {
  aws_.refuse(100, 429, "TooManyRequestsException");
  const auto refused = ecr_.create_repository("bench/a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_EQ(calls("CreateRepository"), kQuick.most + 1);
}

TEST_F(AwsServices, NamesThePermissionThatIsMissing) {
  aws_.refuse(1, 400, "AccessDeniedException");
  const auto refused = ecr_.create_repository("bench/a");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("allow ecr:CreateRepository"), HasSubstr("the environment")));
}

TEST_F(AwsServices, IsRefusedWithAWrongSecretAndNeverShowsIt) {
  Settings settings = aws_.settings();
  settings.key->secret = "not-the-secret";
  Session session(settings, clock_);
  const auto refused = Ecr::create(session, kQuick)->login();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("SignatureDoesNotMatch"), HasSubstr("check the secret key"),
                    Not(HasSubstr("not-the-secret"))));
}

TEST_F(AwsServices, IsRefusedInAnotherRegion) {
  Settings settings = aws_.settings();
  settings.region = "us-east-1";
  Session session(settings, clock_);
  EXPECT_FALSE(Ecr::create(session, kQuick)->login());
}

TEST_F(AwsServices, KeepsParametersAndFindsThoseBelowAPath) {
  for (int number = 10; number < 35; ++number) {
    ASSERT_TRUE(store_.put({"/ocibench/nightly/agents/lane-" + std::to_string(number), "old"}));
  }
  ASSERT_TRUE(store_.put({"/ocibench/nightly/agents/lane-10", "name = \"lane-10\"\n"}));
  ASSERT_TRUE(store_.put({"/ocibench/nightly/coordinator", "not below"}));
  const auto found = store_.below("/ocibench/nightly/agents");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 25U);
  EXPECT_EQ(found->front(),
            (Parameter{"/ocibench/nightly/agents/lane-10", "name = \"lane-10\"\n"}));
  EXPECT_THAT(store_.below("/nowhere").value(), IsEmpty());
}

TEST_F(AwsServices, RemovesAParameterWhetherItIsThereOrNot) {
  ASSERT_TRUE(store_.put({"/ocibench/nightly/agents/lane-1", "a key"}));
  ASSERT_TRUE(store_.remove("/ocibench/nightly/agents/lane-1"));
  EXPECT_THAT(store_.below("/ocibench").value(), IsEmpty());
  EXPECT_TRUE(store_.remove("/ocibench/nightly/agents/lane-1"));
}

TEST_F(AwsServices, RefusesAParameterThatIsTooLong) {
  const auto refused = store_.put({"/x", std::string(ParameterStore::kMaxValueBytes + 1, 'x')});
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace ocibench::aws
