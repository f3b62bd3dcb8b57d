// Trials that push to a registry that is there already: a real docker-registry stands for the
// world.

#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/oci/docker_config.hpp"
#include "common/oci/resolve.hpp"
#include "tests/support/registry_process.hpp"
#include "tests/support/seed_image.hpp"
#include "tests/support/trial_world.hpp"

namespace ocibench::agent {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::AccessRow;
using testing_support::Deletions;
using testing_support::Login;
using testing_support::RegistryOptions;
using testing_support::RegistryProcess;

/// As DOCKER_AUTH_CONFIG would have it.
oci::RegistryAccess access_to(const std::vector<const RegistryProcess*>& registries) {
  std::vector<oci::HostCredentials> hosts;
  for (const RegistryProcess* registry : registries) {
    hosts.push_back({registry->host(), *registry->endpoint().credentials});
  }
  return {.docker_auth = oci::docker_config_json(hosts)};
}

void push_to(TrialWorld& world, const RegistryProcess& registry) {
  world.assignment.campaign = CampaignId("20261122T044512Z-0a1b2c");
  world.assignment.registry.target = {
      .kind = TargetKind::remote, .host = registry.host(), .prefix = "team/bench"};
}

std::vector<std::string> notes(const TrialWorld& world, Phase phase) {
  std::vector<std::string> found;
  for (const PhaseFinished& finished : world.reporter.all<PhaseFinished>()) {
    if (finished.phase == phase) {
      found.push_back(finished.note);
    }
  }
  return found;
}

class ToolAtARemoteTarget : public testing::TestWithParam<std::string> {};

TEST_P(ToolAtARemoteTarget, CopiesWithTheCredentialsOfBothSidesAndLeavesNothing) {
  const auto source = RegistryProcess::start({.login = Login::wanted}).value();
  const auto target = RegistryProcess::start({.login = Login::wanted}).value();
  TrialWorld world(access_to({&source, &target}));
  if (const auto found =
          world.subjects.find(world.catalog(), world.catalog().tools().at(GetParam()));
      !found) {
    GTEST_SKIP() << found.error().message;
  }
  ASSERT_TRUE(
      oci::materialise(world.assignment.corpus, world.lock(), world.corpora, source.endpoint()));
  world.use_corpus({.name = "world",
                    .source = ReferenceSpec{{source.host() + "/synthetic/image-01:1",
                                             source.host() + "/synthetic/image-02:1"}}});
  push_to(world, target);
  world.run(GetParam());
  const Iteration iteration = world.only_iteration();
  EXPECT_EQ(iteration.outcome, Outcome{.kind = OutcomeKind::complete})
      << testing::PrintToString(iteration.last_log_lines);
  EXPECT_THAT(iteration.marks, Each(Not(HasSubstr("not cold"))));
  // Two images of two platforms each; what is deleted once is gone for good.
  EXPECT_THAT(notes(world, Phase::teardown), Contains("6 manifests deleted"));
  auto client = oci::Client::create(target.endpoint()).value();
  EXPECT_THAT(client
                  .list_tags("team/bench/20261122t044512z-0a1b2c/cold-tool-r1-a1-i1/synthetic/"
                             "image-01")
                  .value_or(std::vector<std::string>{}),
              IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Tools, ToolAtARemoteTarget,
                         testing::Values("reference", "skopeo", "crane", "regctl", "regsync",
                                         "oras"),
                         [](const auto& tool) { return tool.param; });

/// Repositories that something was pushed to, without the image's own name.
std::set<std::string> pushed_below(const RegistryProcess& registry) {
  std::set<std::string> found;
  for (const AccessRow& row : registry.access_log()) {
    if (row.method == "PUT" && row.target.find("/manifests/") != std::string::npos) {
      found.insert(row.target.substr(0, row.target.find("/synthetic")));
    }
  }
  return found;
}

TEST(RemoteTarget, NeverSeesARepositoryTwice) {
  const auto target = RegistryProcess::start().value();
  TrialWorld world;
  push_to(world, target);
  world.assignment.trial.iterations = 2;
  world.run("reference");
  world.assignment.attempt = 2;
  world.reporter.records.clear();
  world.run("reference");
  const std::string mine = "/v2/team/bench/20261122t044512z-0a1b2c/cold-tool-r1-a";
  EXPECT_EQ(pushed_below(target),
            (std::set{mine + "1-i1", mine + "1-i2", mine + "2-i1", mine + "2-i2"}));
}

TEST(RemoteTarget, IsSweptOfWhatAnAttemptThatWasLostHasLeft) {
  const auto target = RegistryProcess::start().value();
  TrialWorld world;
  push_to(world, target);
  const std::string lost =
      unique_prefix(world.assignment.registry.target, world.assignment.campaign.str(),
                    world.assignment.trial.id.str(), 1, 1) +
      "/synthetic/image-01";
  auto client = oci::Client::create(target.endpoint()).value();
  testing_support::seed_image(client, lost, "1", {"half of a run"});
  world.assignment.attempt = 2;
  world.run("reference");
  EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete});
  EXPECT_FALSE(client.head_manifest(lost, "1"));
}

TEST(RemoteTarget, SaysWhatTheRegistryDoesNotDelete) {
  const auto target = RegistryProcess::start({.deletions = Deletions::refused}).value();
  TrialWorld world;
  push_to(world, target);
  world.run("reference");
  EXPECT_EQ(world.only_iteration().outcome.kind, OutcomeKind::complete) << "that is no failure";
  EXPECT_THAT(notes(world, Phase::teardown),
              Contains(testing::AllOf(HasSubstr("0 manifests deleted; the registry does not delete "
                                                "the others, which are left below " +
                                                target.host() + "/team/bench/20261122t"),
                                      HasSubstr("405"))));
}

TEST(RemoteTarget, SpeaksTlsWithACertificateOfItsOwn) {
  const auto target =
      RegistryProcess::start({.scheme = oci::Scheme::https, .login = Login::wanted}).value();
  oci::RegistryAccess access = access_to({&target});
  access.ca_file = target.endpoint().ca_file;
  TrialWorld world(access);
  push_to(world, target);
  world.assignment.registry.tls = true;  // the source, which is ours, chains to another authority
  for (const char* tool : {"skopeo", "reference"}) {
    world.reporter.records.clear();
    world.assignment.trial.id = TrialId(fmt::format("cold/{}/r1", tool));
    world.run(tool);
    EXPECT_EQ(world.only_iteration().outcome, Outcome{.kind = OutcomeKind::complete}) << tool;
  }
}

TEST(RemoteTarget, ThatRefusesTheCredentialsEndsTheTrialAtOnce) {
  const auto target = RegistryProcess::start({.login = Login::wanted}).value();
  TrialWorld world({.docker_auth = oci::docker_config_json(
                        {{target.host(), {testing_support::kUser, "wr0ng-one", ""}}})});
  push_to(world, target);
  world.run("skopeo");
  const std::string cause = world.reporter.all<TrialFinished>().at(0).outcome.cause;
  EXPECT_THAT(cause, HasSubstr(target.host() + "/team/bench: "));
  EXPECT_THAT(cause, HasSubstr("401"));
  EXPECT_THAT(cause, Not(HasSubstr("wr0ng")));
}

TEST(RemoteTarget, WantsNoToolThatKeepsItsCredentialsWithTheResults) {
  const auto target = RegistryProcess::start({.login = Login::wanted}).value();
  TrialWorld world(access_to({&target}));
  world.add_script("keeper", "exit 0");
  std::filesystem::path definition = world.directory.path() / "data/competitors/keeper.toml";
  const std::string text = read_file(definition, 100'000).value();
  ASSERT_TRUE(write_file_atomically(definition, "credentials = \"none\"\n" + text));
  push_to(world, target);
  world.run("keeper");
  EXPECT_EQ(world.only_iteration().outcome.kind, OutcomeKind::not_run);
  EXPECT_THAT(world.only_iteration().outcome.cause, HasSubstr("kept with the results"));
}

}  // namespace
}  // namespace ocibench::agent
