// `ocibench fleet` as a program, with a script in place of terraform that records how it is called.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/aws/ecr.hpp"
#include "common/aws/session.hpp"
#include "common/aws/ssm.hpp"
#include "common/clock.hpp"
#include "common/file.hpp"
#include "tests/support/program.hpp"
#include "tests/support/scripted_aws.hpp"

namespace ocibench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Finished;
using testing_support::run_program;

constexpr std::uint64_t kMaxFile = 1024 * 1024;

/// Creates "machines" as lines of a file, and knows what to answer.
constexpr const char* kFakeTerraform = R"sh(#!/bin/sh
here=$(dirname "$0")
echo "$@" >>"$here/calls"
cd "${1#-chdir=}" || exit 9
shift
value='{"name":"ocibench-two-1","region":"eu-central-1","campaign":"two","run":"1",
  "usd_per_hour":5.5,"usd_at_most":24,"terminate_at":"2026-11-22T08:55:00Z",
  "network_path":"vpc-endpoints","results":"s3://b/results","parameters":"/ocibench/two/1",
  "ecr_prefix":"ocibench"}'
[ "$1" = "$(cat "$here/fails" 2>/dev/null)" ] && { echo "Error: as asked"; exit 1; }
case "$1 $2" in
  "show -json") echo '{"planned_values":{"outputs":{"fleet":{"value":'"$value"'}}}}' ;;
  "output -json") echo '{"fleet":{"value":'"$value"'},"machines":{"value":{"skopeo":{"id":"i-1",
    "role":"agent","instance_type":"t","state":"running","private_ip":"10.0.0.2"}}}}' ;;
  "apply -input=false")
    : >terraform.tfstate
    printf 'aws_vpc.fleet\nmodule.results_bucket[0].aws_s3_bucket.results\n' >"$here/state" ;;
  "state list") cat "$here/state" ;;
  "state rm") sed -i '/^module.results_bucket/d' "$here/state" ;;
  "destroy -auto-approve") cat "$here/stays" 2>/dev/null >"$here/state" ;;
esac
exit 0
)sh";

class FleetRunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(root / "terraform") << kFakeTerraform;
    std::filesystem::permissions(root / "terraform", std::filesystem::perms::owner_all);
    std::ofstream(root / "c.toml") << "schema = 1\nname = \"two\"\nscenarios = [\"cold\"]\n"
                                      "tools = [\"skopeo\", \"null\"]\ncorpus = \"quickstart\"\n";
    std::ofstream(root / "s.tfvars") << "owner = \"me\"\n";
  }

  Finished fleet(std::vector<std::string> words, const std::string& path) const {
    const aws::Settings settings = aws.settings();
    std::vector<std::string> argv = {"/usr/bin/env",
                                     "PATH=" + path,
                                     "AWS_ACCESS_KEY_ID=" + settings.key->id,
                                     "AWS_SECRET_ACCESS_KEY=" + settings.key->secret,
                                     "AWS_ENDPOINT_URL=" + aws.url(),
                                     std::string(OCIBENCH_BINARY_DIR) + "/ocibench",
                                     "fleet"};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.insert(argv.end(), {"--fleets", (root / "fleets").string()});
    return run_program(root, argv);
  }
  Finished fleet(std::vector<std::string> words) const {
    return fleet(std::move(words), root.string() + ":/usr/bin:/bin");
  }
  Finished up() const {
    return fleet({"up", (root / "c.toml").string(), "--settings", (root / "s.tfvars").string(),
                  "--yes", "--wait", "1"});
  }
  /// As the first start of that machine does it.
  void join(const std::string& agent) {
    const SystemClock clock;
    aws::Session session(aws.settings(), clock);
    auto store = aws::ParameterStore::create(session).value();
    ASSERT_TRUE(store.put({"/ocibench/two/1/agents/" + agent, "a public key"}));
  }
  void make_repository(const std::string& name) {
    const SystemClock clock;
    aws::Session session(aws.settings(), clock);
    ASSERT_TRUE(aws::Ecr::create(session).value().create_repository(name));
  }
  std::string text(const char* file) const { return read_file(root / file, kMaxFile).value_or(""); }
  void write(const char* file, const char* content) const { std::ofstream(root / file) << content; }

  testing_support::ScriptedAws aws;
  TemporaryDirectory directory = TemporaryDirectory::create("/tmp", "fleet-run-").value();
  std::filesystem::path root = directory.path();
};

TEST_F(FleetRunTest, NamesAgentsThatDoNotJoin) {
  const Finished alone = up();
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("not joined after 1 s: skopeo"));
}

TEST_F(FleetRunTest, DoesNotMindWhenNobodyMayLook) {
  aws.refuse(1'000, 403, "AccessDeniedException");
  const Finished blind = up();
  EXPECT_EQ(blind.status, 0) << blind.err;
  EXPECT_THAT(blind.err, HasSubstr("whether agents join can't be seen from here"));
}

TEST_F(FleetRunTest, GoesUpIsSeenAndGoesDown) {
  join("skopeo");
  const Finished made = up();
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("5.50 USD an hour, at most 24.00 USD"));
  EXPECT_THAT(made.out, HasSubstr("skopeo             i-1"));
  EXPECT_THAT(made.err, HasSubstr("1 of 1 agents have joined, now skopeo"));
  EXPECT_THAT(text("fleets/two/fleet.tfvars.json"), HasSubstr("\"skopeo\""));

  const Finished seen = fleet({"status", "two", "--json"});
  EXPECT_EQ(seen.status, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("\"state\": \"running\""));

  const Finished gone = fleet({"down", (root / "c.toml").string(), "--yes"});
  EXPECT_EQ(gone.status, 0) << gone.err;
  EXPECT_THAT(gone.out, AllOf(HasSubstr("Nothing is left of what Terraform created."),
                              HasSubstr("Results stay in s3://b/results"),
                              HasSubstr("Removed 1 public key of its machines"),
                              HasSubstr("No repository is left below ocibench/ in ECR.")));
  EXPECT_TRUE(aws.parameters().empty());
  EXPECT_FALSE(std::filesystem::exists(root / "fleets/two"));
  const std::string at = "-chdir=" + (root / "fleets/two/terraform/aws").string();
  EXPECT_THAT(text("calls"),
              AllOf(HasSubstr(at + " init -input=false"),
                    HasSubstr(at + " apply -input=false -no-color fleet.tfplan\n"),
                    HasSubstr(at + " state rm module.results_bucket\n"),
                    HasSubstr(at + " destroy -auto-approve -input=false -no-color -var-file=")));
}

TEST_F(FleetRunTest, CreatesNothingWithoutAYes) {
  const Finished asked =
      fleet({"up", (root / "c.toml").string(), "--settings", (root / "s.tfvars").string()});
  EXPECT_EQ(asked.status, 2);
  EXPECT_THAT(asked.err, HasSubstr("Create these machines?"));
  EXPECT_THAT(text("calls"), Not(HasSubstr("apply")));
  EXPECT_FALSE(std::filesystem::exists(root / "fleets/two"));
}

TEST_F(FleetRunTest, SaysWhatIsLeft) {
  join("skopeo");
  ASSERT_EQ(up().status, 0);
  write("stays", "aws_vpc.fleet\n");
  const Finished gone = fleet({"down", "two", "--yes"});
  EXPECT_EQ(gone.status, 2);
  EXPECT_THAT(gone.out, HasSubstr("Left, 1 of what Terraform created:\n  aws_vpc.fleet\n"));
  EXPECT_TRUE(std::filesystem::exists(root / "fleets/two"));
  write("stays", "");
  EXPECT_EQ(fleet({"down", "two", "--yes"}).status, 0);
}

TEST_F(FleetRunTest, NamesTheRepositoriesThatAKilledAgentLeft) {
  join("skopeo");
  ASSERT_EQ(up().status, 0);
  make_repository("ocibench/c-1/cold-skopeo-r1");
  make_repository("of-somebody-else");
  const Finished gone = fleet({"down", "two", "--yes"});
  EXPECT_EQ(gone.status, 2);
  EXPECT_THAT(gone.out, AllOf(HasSubstr("Left, 1 in ECR below ocibench/, which cost storage:\n"
                                        "  ocibench/c-1/cold-skopeo-r1\n"),
                              Not(HasSubstr("of-somebody-else"))));
  EXPECT_EQ(aws.repositories().size(), 2U);
}

TEST_F(FleetRunTest, SaysHowToLookWhenItMayNot) {
  join("skopeo");
  ASSERT_EQ(up().status, 0);
  aws.refuse(1'000, 403, "AccessDeniedException");
  const Finished gone = fleet({"down", "two", "--yes"});
  EXPECT_EQ(gone.status, 0) << gone.err;
  EXPECT_THAT(gone.err, HasSubstr("can't be seen from here"));
  EXPECT_THAT(gone.out, HasSubstr("Key=ocibench:run,Values=1"));
}

TEST_F(FleetRunTest, DeletesResultsWhenToldTo) {
  join("skopeo");
  ASSERT_EQ(up().status, 0);
  EXPECT_EQ(fleet({"down", "two", "--yes", "--delete-results"}).status, 0);
  EXPECT_THAT(text("calls"),
              AllOf(HasSubstr("-target=module.results_bucket"),
                    HasSubstr("-var=delete_results=true"), Not(HasSubstr("state rm"))));
}

TEST_F(FleetRunTest, GoesOnWithWhatAFailedUpHasBegun) {
  join("skopeo");
  write("fails", "output");
  const Finished failed = up();
  EXPECT_NE(failed.status, 0);
  EXPECT_THAT(failed.err, HasSubstr("Error: as asked"));
  const std::string variables = text("fleets/two/fleet.tfvars.json");
  ASSERT_NE(variables, "");
  write("fails", "");
  const Finished again = fleet({"up", (root / "c.toml").string(), "--yes"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(text("fleets/two/fleet.tfvars.json"), variables);
}

TEST_F(FleetRunTest, SaysWhyTerraformCannotStart) {
  const Finished absent =
      fleet({"up", (root / "c.toml").string(), "--settings", (root / "s.tfvars").string(), "--yes"},
            "/nowhere");
  EXPECT_THAT(absent.err, HasSubstr("terraform is not on the PATH: version 1.11"));
  write("fails", "init");
  const Finished offline = up();
  EXPECT_THAT(offline.err, AllOf(HasSubstr("terraform init ended with status 1"),
                                 HasSubstr("downloads the AWS provider")));
  EXPECT_FALSE(std::filesystem::exists(root / "fleets/two"));
}

TEST_F(FleetRunTest, NeedsSettingsAndAFleetThatIsKnown) {
  const Finished bare = fleet({"up", (root / "c.toml").string(), "--yes"});
  EXPECT_EQ(bare.status, 64);
  EXPECT_THAT(bare.err, HasSubstr("terraform/aws/example.tfvars"));
  EXPECT_THAT(fleet({"down", "two", "--yes"}).err, HasSubstr("no fleet two was made from here"));
}

}  // namespace
}  // namespace ocibench
