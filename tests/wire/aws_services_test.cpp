// ECR, the parameter store and refusals, against an AWS that verifies every signature.

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/ssm.hpp"
#include "tests/support/scripted_aws.hpp"
#include "tests/support/scripted_registry.hpp"

namespace ocibench::aws {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing_support::AwsCall;
using testing_support::RawServer;
using testing_support::ScriptedAws;
using testing_support::ScriptedReply;

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
  EXPECT_EQ(refused.error().error.code, ErrorCode::unavailable);
  EXPECT_FALSE(refused.error().maybe_done) << "what is throttled is not done";
  EXPECT_EQ(calls("CreateRepository"), kQuick.most + 1);
}

TEST_F(AwsServices, KnowsARepositoryAsItsOwnAfterTheAnswerWasLost) {
  aws_.lose_answers(1, "CreateRepository");
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::now);
  EXPECT_EQ(calls("CreateRepository"), 2U);
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::was_there);
}

TEST_F(AwsServices, KnowsARepositoryAsItsOwnAfterAServersFailure) {
  aws_.interfere([first = true](const AwsCall&, const ScriptedAws::CarryOut& carry_out) mutable {
    const ScriptedReply reply = carry_out();
    return std::exchange(first, false) ? ScriptedReply{500, "", {}} : reply;
  });
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::now);
}

TEST_F(AwsServices, TakesNoRepositoryForItsOwnBecauseOfThrottling) {
  ASSERT_TRUE(ecr_.create_repository("bench/a"));
  aws_.refuse(1, 400, "ThrottlingException");
  EXPECT_EQ(ecr_.create_repository("bench/a").value(), Ecr::Created::was_there);
}

TEST_F(AwsServices, SaysThatARepositoryMayBeThereWhenNoAnswerComes) {
  aws_.lose_answers(100, "CreateRepository");
  const auto lost = ecr_.create_repository("bench/a");
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().maybe_done);
  EXPECT_THAT(lost.error().error.message, HasSubstr(aws_.url()));
  EXPECT_EQ(calls("CreateRepository"), kQuick.most + 1);
}

// libcurl sends a request again by itself when a kept connection turns out to be closed.
TEST_F(AwsServices, KnowsThatLibcurlHasSentARequestAgain) {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  const std::string refusal = R"({"__type":"RepositoryAlreadyExistsException"})";
  const RawServer server({{good, ""},
                          {"HTTP/1.1 400 Bad Request\r\nContent-Length: " +
                           std::to_string(refusal.size()) + "\r\n\r\n" + refusal}});
  Settings settings = aws_.settings();
  settings.endpoints = {{"ecr", "http://" + server.endpoint().host}};
  Session session(settings, clock_);
  Ecr ecr = Ecr::create(session, {.most = 0}).value();
  ASSERT_EQ(ecr.create_repository("bench/a").value(), Ecr::Created::now);
  const auto second = ecr.create_repository("bench/b");
  ASSERT_TRUE(second) << second.error().error.message;
  EXPECT_EQ(*second, Ecr::Created::now);
}

TEST_F(AwsServices, RepeatsWhatIsTheSameTheSecondTime) {
  aws_.lose_answers(1, "PutParameter");
  EXPECT_TRUE(store_.put({"/ocibench/a", "key"}));
  aws_.lose_answers(1, "DeleteParameter");
  EXPECT_TRUE(store_.remove("/ocibench/a"));
  EXPECT_THAT(aws_.parameters(), IsEmpty());
  ASSERT_TRUE(ecr_.create_repository("bench/a"));
  aws_.lose_answers(1, "DeleteRepository");
  EXPECT_TRUE(ecr_.delete_repository("bench/a"));
  EXPECT_EQ(calls("DeleteRepository"), 2U);
  EXPECT_THAT(aws_.repositories(), IsEmpty());
}

TEST_F(AwsServices, NamesThePermissionThatIsMissing) {
  aws_.refuse(1, 400, "AccessDeniedException");
  const auto refused = ecr_.create_repository("bench/a");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().error.message,
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
