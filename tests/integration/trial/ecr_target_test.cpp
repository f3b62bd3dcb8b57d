// Amazon ECR: its API is played by a scripted AWS that checks signatures, its /v2/ is a real
// docker-registry that wants the password which that API gives.

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/target/ecr_registry.hpp"
#include "common/aws/ecr.hpp"
#include "common/aws/session.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/scripted_aws.hpp"
#include "tests/support/scripted_registry.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::AwsCall;
using testing_support::Login;
using testing_support::RegistryProcess;
using testing_support::ScriptedAws;
using testing_support::ScriptedRegistry;
using testing_support::ScriptedReply;

class EcrTarget : public testing::Test {
 protected:
  EcrTarget() {
    aws.set_registry("http://" + registry.host());
    world.remotes = &ecr;
    world.assignment.campaign = CampaignId("20261122T044512Z-0a1b2c");
    world.assignment.registry.target = {
        .kind = TargetKind::ecr, .host = registry.host(), .prefix = "ocibench"};
  }

  [[nodiscard]] std::ptrdiff_t calls(const std::string& operation) const {
    const auto all = aws.calls();
    return std::ranges::count(all, operation, &AwsCall::operation);
  }
  [[nodiscard]] std::string note(Phase phase) const {
    for (const PhaseFinished& finished : world.reporter.all<PhaseFinished>()) {
      if (finished.phase == phase && finished.iteration == 1) {
        return finished.note;
      }
    }
    return "";
  }
  RemoteRequest request_for(const std::set<std::string>& repositories) const {
    return {.target = world.assignment.registry.target,
            .transport = RegistryTransport::plain_http,
            .prefix = "ocibench/run",
            .repositories = repositories};
  }

  RegistryProcess registry = RegistryProcess::start({.login = Login::wanted}).value();
  ScriptedAws aws;
  TrialWorld world;
  EcrRegistries ecr{aws.settings(), world.clock, std::chrono::milliseconds(1)};
};

TEST_F(EcrTarget, HasItsRepositoriesMadeBeforeARunAndDeletedAfterIt) {
  aws.set_blob_mounting("ENABLED");
  world.assignment.trial.iterations = 2;
  world.run("reference");
  const auto iterations = world.reporter.iterations();
  ASSERT_EQ(iterations.size(), 2U) << world.reporter.all<TrialFinished>().at(0).outcome.cause;
  EXPECT_EQ(iterations.back().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_EQ(calls("CreateRepository"), 4) << "two images, two iterations";
  EXPECT_EQ(calls("DeleteRepository"), 4);
  EXPECT_EQ(calls("GetAuthorizationToken"), 1) << "it is good for hours";
  EXPECT_THAT(aws.repositories(), IsEmpty());
  EXPECT_THAT(note(Phase::populate), HasSubstr("2 repositories made; BLOB_MOUNTING enabled"));
  EXPECT_EQ(note(Phase::teardown),
            "2 repositories deleted with all in them; BLOB_MOUNTING enabled");
}

TEST_F(EcrTarget, TellsThePasswordToTheToolAndToNobodyElse) {
  world.run("skopeo");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete})
      << testing::PrintToString(world.only_iteration().last_log_lines);
  const SubjectIdentity subject = world.reporter.all<TrialStarted>().at(0).subject;
  EXPECT_THAT(subject.command + subject.config_text, Not(HasSubstr("the-password")));
}

TEST_F(EcrTarget, CountsThrottling) {
  aws.refuse(2, 400, "ThrottlingException");
  const Cancellation never;
  EXPECT_TRUE(ecr.reach(world.assignment.registry.target, RegistryTransport::plain_http));
  aws.refuse(1, 400, "ThrottlingException");
  const auto instance = ecr.open(request_for({"ocibench/run/a"}), never);
  ASSERT_TRUE(instance) << instance.error().message;
  EXPECT_THAT((*instance)->preparation(), HasSubstr("1 repositories made, 1 calls throttled"));
}

TEST_F(EcrTarget, TouchesNothingThatItHasNotMade) {
  const Cancellation never;
  const auto first = ecr.open(request_for({"ocibench/run/a"}), never);
  ASSERT_TRUE(first);
  const auto second = ecr.open(request_for({"ocibench/run/Z", "ocibench/run/a"}), never);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("ocibench/run/a is there already"));
  EXPECT_THAT(aws.repositories(), testing::ElementsAre("ocibench/run/a"))
      << "the one that it had made is gone, the other's is not";
  for (const char* outside : {"other/a", "ocibench/running/a", "ocibench/run"}) {
    EXPECT_THAT(ecr.open(request_for({outside}), never).error().message, HasSubstr("outside"));
  }
}

TEST_F(EcrTarget, LeavesNoRepositoryWhoseCreationWasNotAnswered) {
  aws.interfere([tries = 0](const AwsCall& call, const ScriptedAws::CarryOut& carry_out) mutable {
    ScriptedReply reply = carry_out();
    if (call.operation == "CreateRepository") {
      reply = {.status = ++tries == 1 ? 500 : 403, .body = R"({"__type":"AccessDenied"})"};
    }
    return reply;
  });
  const Cancellation never;
  EXPECT_FALSE(ecr.open(request_for({"ocibench/run/a"}), never));
  EXPECT_EQ(calls("CreateRepository"), 2);
  EXPECT_EQ(calls("DeleteRepository"), 1);
  EXPECT_THAT(aws.repositories(), IsEmpty());
}

TEST_F(EcrTarget, GoesOnWhenTheAnswerToACreationIsLost) {
  aws.lose_answers(1, "CreateRepository");
  const Cancellation never;
  auto instance = ecr.open(request_for({"ocibench/run/a"}), never);
  ASSERT_TRUE(instance) << instance.error().message;
  ASSERT_TRUE((*instance)->remove_images({}));
  EXPECT_THAT(aws.repositories(), IsEmpty());
}

TEST_F(EcrTarget, SweepsWhatAnAttemptThatWasLostHasLeft) {
  const std::string lost =
      unique_prefix(world.assignment.registry.target, "20261122T044512Z-0a1b2c",
                    world.assignment.trial.id.str(), 1, 1);
  aws::Session session(aws.settings(), world.clock);
  auto account = aws::Ecr::create(session).value();
  ASSERT_TRUE(account.create_repository(lost + "/synthetic/image-01"));
  ASSERT_TRUE(account.create_repository("ocibench/of-somebody-else"));
  world.assignment.attempt = 2;
  world.run("reference");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_THAT(aws.repositories(), testing::ElementsAre("ocibench/of-somebody-else"));
}

TEST_F(EcrTarget, LeavesNothingWhenARunIsInterrupted) {
  world.reporter.on_status = [this](const std::string& event) {
    if (event == "measure 1") {
      world.cancellation.request();
    }
  };
  world.run("reference");
  EXPECT_EQ(calls("CreateRepository"), 2);
  EXPECT_THAT(aws.repositories(), IsEmpty());
}

TEST_F(EcrTarget, SaysWhatItCouldNotDelete) {
  const Cancellation never;
  auto instance = ecr.open(request_for({"ocibench/run/a"}), never).value();
  aws.refuse(1, 400, "AccessDeniedException");
  const auto removed = instance->remove_images({});
  ASSERT_FALSE(removed);
  EXPECT_THAT(removed.error().message, HasSubstr("1 repositories are left below"));
}

TEST_F(EcrTarget, GivesThePasswordToNoHostThatAwsDoesNotName) {
  ScriptedRegistry other([](const testing_support::ScriptedRequest&) {
    return testing_support::ScriptedAnswer{
        .status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"all\""}}};
  });
  const TargetSpec target{.kind = TargetKind::ecr, .host = other.host(), .prefix = "ocibench"};
  const RemoteRequest request{.target = target,
                              .transport = RegistryTransport::plain_http,
                              .prefix = "ocibench/run",
                              .repositories = {"ocibench/run/a"}};
  const Cancellation never;
  EXPECT_THAT(ecr.reach(target, request.transport).error().message,
              HasSubstr("the AWS credentials are those of " + registry.host()));
  EXPECT_FALSE(ecr.open(request, never));
  EXPECT_FALSE(ecr.sweep(request, {}));
  EXPECT_THAT(other.requests(), IsEmpty());
  EXPECT_EQ(calls("CreateRepository") + calls("DeleteRepository"), 0);
}

TEST_F(EcrTarget, AsksForNoPasswordForAHostThatIsNotOfEcr) {
  for (const char* host : {"registry.example", "10.0.0.1:5000",
                           "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example"}) {
    const TargetSpec target{.kind = TargetKind::ecr, .host = host, .prefix = "ocibench"};
    const auto reached = ecr.reach(target, RegistryTransport::tls);
    ASSERT_FALSE(reached) << host;
    EXPECT_THAT(reached.error().message, HasSubstr("no registry of Amazon ECR"));
  }
  const TargetSpec plain{.kind = TargetKind::ecr,
                         .host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                         .prefix = "ocibench"};
  EXPECT_THAT(ecr.reach(plain, RegistryTransport::plain_http).error().message,
              HasSubstr("must not go over plain http"));
  EXPECT_THAT(aws.calls(), IsEmpty());
}

TEST_F(EcrTarget, RefusesTheCredentialsOfAnotherAccount) {
  const TargetSpec other{.kind = TargetKind::ecr,
                         .host = "999999999999.dkr.ecr.eu-central-1.amazonaws.com",
                         .prefix = "ocibench"};
  const auto reached = ecr.reach(other, RegistryTransport::tls);
  ASSERT_FALSE(reached);
  EXPECT_EQ(reached.error().code, ErrorCode::conflict) << reached.error().message;
}

}  // namespace
}  // namespace ocibench::agent
