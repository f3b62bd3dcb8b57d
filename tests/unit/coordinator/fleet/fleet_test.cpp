#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "coordinator/fleet/fleet_folder.hpp"
#include "coordinator/fleet/fleet_plan.hpp"
#include "coordinator/fleet/fleet_view.hpp"
#include "coordinator/fleet/terraform.hpp"
#include "coordinator/options.hpp"

namespace ocibench::coordinator {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

/// 2026-11-22T04:40:05.678Z
constexpr WallTime kNow{std::chrono::milliseconds(1'795'322'405'678)};

Campaign campaign_of(std::vector<std::string> tools) {
  return {.name = "three-tools", .scenarios = {"cold"}, .tools = std::move(tools)};
}

// ---- the plan

TEST(FleetPlan, GivesEveryToolAMachineOfItsName) {
  EXPECT_THAT(
      fleet_agents(campaign_of({"skopeo", "crane"})).value(),
      ElementsAre(Pair("crane", ElementsAre("crane")), Pair("skopeo", ElementsAre("skopeo"))));
}

TEST(FleetPlan, GivesToolsThatTakeTurnsLanes) {
  Campaign campaign = campaign_of({"skopeo", "crane", "oras"});
  campaign.rotation = "latin-square";
  campaign.lanes = 2;
  EXPECT_THAT(fleet_agents(campaign).value(),
              ElementsAre(Pair("lane-1", ElementsAre("skopeo", "crane", "oras")),
                          Pair("lane-2", SizeIs(3))));
  campaign.rotation = "fixed";
  EXPECT_THAT(fleet_agents(campaign).value(), ElementsAre(Key("lane-1"), Key("lane-2")));
}

TEST(FleetPlan, NamesLanesWhereAToolsNameIsTooLongForAws) {
  EXPECT_THAT(fleet_agents(campaign_of({"a-tool-with-a-long-name"})).value(),
              ElementsAre(Key("lane-1")));
}

TEST(FleetPlan, RefusesMoreMachinesThanAFleetHas) {
  Campaign campaign = campaign_of({"skopeo"});
  campaign.lanes = 65;
  EXPECT_EQ(fleet_agents(campaign).error().code, ErrorCode::bad_input);
  EXPECT_EQ(fleet_variables(campaign, "c.toml", kNow).error().code, ErrorCode::bad_input);
}

TEST(FleetPlan, TellsTerraformWhatTheCampaignAsksFor) {
  const Json variables = fleet_variables(campaign_of({"skopeo"}), "/f/campaign.toml", kNow).value();
  EXPECT_EQ(dump_json(variables), R"({
  "campaign": "three-tools",
  "run": "202611220440",
  "started_at": "2026-11-22T04:40:05Z",
  "campaign_file": "/f/campaign.toml",
  "agents": {
    "skopeo": {
      "tools": [
        "skopeo"
      ]
    }
  }
}
)");
}

TEST(FleetPlan, RefusesANameThatAwsWouldNotTake) {
  for (const char* name : {"", "Three", "3tools", "a_b", "a-name-of-twenty-five-char"}) {
    Campaign campaign = campaign_of({"skopeo"});
    campaign.name = name;
    EXPECT_EQ(fleet_variables(campaign, "c.toml", kNow).error().code, ErrorCode::bad_input) << name;
  }
}

// ---- what Terraform says

constexpr const char* kFleetValue =
    R"({"name":"ocibench-c-1","region":"eu-central-1","campaign":"c","run":"1",
        "usd_per_hour":5.66,"usd_at_most":24.05,"terminate_at":"2026-11-22T08:55:00Z",
        "network_path":"vpc-endpoints","placement":"spread","results":"s3://b/results",
        "parameters":"/ocibench/c/1","ecr_prefix":"ocibench"})";

std::string outputs_json() {
  return std::string(R"({"fleet":{"sensitive":false,"value":)") + kFleetValue +
         R"(},"machines":{"value":{"crane":{"id":"i-1","role":"agent",
         "instance_type":"c6in.4xlarge","state":"running","private_ip":"10.77.0.11"}}},
         "next":{"value":["aws s3 ls s3://b/results/"]}})";
}

TEST(FleetView, ReadsWhatTerraformPutOut) {
  const FleetView fleet = parse_fleet_outputs(outputs_json()).value().value();
  EXPECT_EQ(fleet.name, "ocibench-c-1");
  EXPECT_EQ(fleet.machines.at(0).name, "crane");
  EXPECT_EQ(fleet.machines.at(0).state, "running");
  EXPECT_THAT(fleet_text(fleet),
              AllOf(HasSubstr("Fleet    ocibench-c-1 in eu-central-1\n"),
                    HasSubstr("5.66 USD an hour, at most 24.05 USD until 2026-11-22T08:55:00Z"),
                    HasSubstr("crane              i-1                  c6in.4xlarge   10.77.0.11"),
                    HasSubstr("Next\n  aws s3 ls s3://b/results/\n")));
  EXPECT_EQ(fleet_json(fleet).at("machines").at(0).at("id"), "i-1");
}

TEST(FleetView, KnowsAStateWithoutMachines) {
  EXPECT_EQ(parse_fleet_outputs("{}").value(), std::nullopt);
}

TEST(FleetView, ReadsAPlanWhoseMachinesDoNotExistYet) {
  const std::string plan = std::string(R"({"planned_values":{"outputs":{"fleet":{"value":)") +
                           kFleetValue + R"(},"machines":{"sensitive":false}}}})";
  const FleetView fleet = parse_fleet_plan(plan).value();
  EXPECT_EQ(fleet.usd_at_most, 24.05);
  EXPECT_THAT(fleet.machines, SizeIs(0));
}

TEST(FleetView, SaysWhereAnAnswerIsNotAsExpected) {
  EXPECT_THAT(parse_fleet_outputs("not json").error().message, HasSubstr("terraform output"));
  EXPECT_THAT(parse_fleet_outputs(R"({"fleet":{"value":{"name":1}}})").error().message,
              HasSubstr("fleet.value.name"));
  EXPECT_FALSE(parse_fleet_plan("{}"));
  EXPECT_FALSE(parse_fleet_plan(R"({"planned_values":{"outputs":{}}})"));
}

TEST(FleetView, SaysHowToLookForWhatTerraformNeverHad) {
  const FleetView fleet = parse_fleet_outputs(outputs_json()).value().value();
  EXPECT_THAT(search_text(fleet),
              AllOf(HasSubstr("Key=ocibench:run,Values=1\n"), HasSubstr("--path /ocibench/c/1\n"),
                    HasSubstr("starts_with(repositoryName, 'ocibench/')")));
}

// ---- Terraform, with a runner that only listens

struct Script {
  std::vector<std::vector<std::string>> calls;
  CommandEnd end;

  CommandRunner runner() {
    return [this](const std::vector<std::string>& argv, CommandOutput) -> Result<CommandEnd> {
      calls.push_back(argv);
      return end;
    };
  }
};

TEST(Terraform, IsCalledInItsFolderWithBothFilesOfVariables) {
  Script script;
  Terraform terraform({.folder = "/f/aws", .variables = {"/f/s.tfvars", "/f/v.tfvars.json"}},
                      script.runner());
  ASSERT_TRUE(terraform.init());
  ASSERT_TRUE(terraform.plan());
  ASSERT_TRUE(terraform.destroy());
  EXPECT_THAT(script.calls[0],
              ElementsAre("terraform", "-chdir=/f/aws", "init", "-input=false", "-no-color"));
  EXPECT_THAT(script.calls[1], ElementsAre("terraform", "-chdir=/f/aws", "plan", "-input=false",
                                           "-no-color", "-out=fleet.tfplan",
                                           "-var-file=/f/s.tfvars", "-var-file=/f/v.tfvars.json"));
  EXPECT_THAT(script.calls[2],
              ElementsAre("terraform", "-chdir=/f/aws", "show", "-json", "fleet.tfplan"));
  EXPECT_THAT(script.calls[3],
              ElementsAre("terraform", "-chdir=/f/aws", "destroy", "-auto-approve", "-input=false",
                          "-no-color", "-var-file=/f/s.tfvars", "-var-file=/f/v.tfvars.json"));
}

TEST(Terraform, DeletesResultsOnlyAfterItWasTold) {
  Script script;
  Terraform terraform({.folder = "/f", .variables = {}}, script.runner());
  ASSERT_TRUE(terraform.destroy());
  EXPECT_THAT(script.calls.back(), Not(testing::Contains("-var=delete_results=true")));
  ASSERT_TRUE(terraform.give_up_results());
  EXPECT_THAT(script.calls.back(), testing::Contains("-target=module.results_bucket"));
  ASSERT_TRUE(terraform.destroy());
  EXPECT_THAT(script.calls.back(), testing::Contains("-var=delete_results=true"));
}

TEST(Terraform, FailsWithItsLastLinesAndWhatToDo) {
  Script script{.end = {.status = 1, .output = "one\n\nError: no provider\n"}};
  Terraform terraform({.folder = "/f", .variables = {}}, script.runner());
  EXPECT_THAT(terraform.init().error().message,
              AllOf(HasSubstr("terraform init ended with status 1"),
                    HasSubstr("registry.terraform.io"), HasSubstr("\n  Error: no provider")));
  EXPECT_THAT(terraform.apply_plan().error().message, HasSubstr("ocibench fleet down"));
  EXPECT_THAT(terraform.destroy().error().message, HasSubstr("costs money"));
  EXPECT_EQ(terraform.outputs().error().code, ErrorCode::unavailable);
}

TEST(Terraform, ShowsTheLastTwelveLinesOfMany) {
  Script script{.end = {.status = 1}};
  for (int line = 1; line <= 40; ++line) {
    script.end.output += "line " + std::to_string(line) + "\n";
  }
  Terraform terraform({.folder = "/f", .variables = {}}, script.runner());
  EXPECT_THAT(terraform.destroy().error().message,
              AllOf(HasSubstr("line 29\n"), HasSubstr("line 40"), Not(HasSubstr("line 28\n"))));
}

TEST(Terraform, ListsResourcesLineByLine) {
  Script script{.end = {.output = "aws_vpc.fleet\nmodule.results_bucket.aws_s3_bucket.results\n"}};
  Terraform terraform({.folder = "/f", .variables = {}}, script.runner());
  EXPECT_THAT(terraform.resources().value(), SizeIs(2));
}

TEST(CommandRunner, CollectsWhatAProgramSaysAndHowItEnds) {
  const auto end = run_command_line({"sh", "-c", "echo said; exit 3"}, CommandOutput::collected);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 3);
  EXPECT_EQ(end->output, "said\n");
  EXPECT_EQ(run_command_line({"sh", "-c", "kill -9 $$"}, CommandOutput::collected)->status, 137);
}

TEST(CommandRunner, KnowsAProgramThatIsNotThere) {
  const auto end = run_command_line({"ocibench-no-such-program"}, CommandOutput::collected);
  EXPECT_EQ(end.error().code, ErrorCode::not_found);
}

// ---- the folder

class FleetFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"terraform/aws/.terraform/modules", "terraform/modules/plan"}) {
      std::filesystem::create_directories(root / folder);
    }
    for (const char* file : {"terraform/aws/main.tf", "terraform/aws/.terraform/modules/m.json",
                             "terraform/modules/plan/main.tf", "s.tfvars", "c.toml"}) {
      std::ofstream(root / file) << file;
    }
  }

  Result<FleetFolder> create() const {
    return FleetFolder::create(root / "fleets", "c",
                               {.terraform = root / "terraform",
                                .settings = root / "s.tfvars",
                                .campaign = root / "c.toml"});
  }

  TemporaryDirectory directory = TemporaryDirectory::create("/tmp", "fleet-").value();
  std::filesystem::path root = directory.path();
};

TEST_F(FleetFolderTest, HoldsEverythingThatTheFleetWasMadeBy) {
  const auto folder = create();
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(read_file(folder->path() / "terraform/aws/main.tf", 100).value(),
            "terraform/aws/main.tf");
  EXPECT_EQ(read_file(folder->campaign(), 100).value(), "c.toml");
  EXPECT_FALSE(std::filesystem::exists(folder->path() / "terraform/aws/.terraform"));
  EXPECT_FALSE(folder->has_state());
  ASSERT_TRUE(folder->write_variables(Json{{"run", "1"}}));
  const Terraform::Place place = folder->place();
  EXPECT_EQ(place.folder, root / "fleets/c/terraform/aws");
  for (const auto& file : place.variables) {
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
  }
}

TEST_F(FleetFolderTest, IsNeverMadeTwiceAndFoundAgain) {
  ASSERT_TRUE(create());
  EXPECT_EQ(create().error().code, ErrorCode::conflict);
  ASSERT_TRUE(FleetFolder::open(root / "fleets", "c"));
  EXPECT_EQ(FleetFolder::open(root / "fleets", "d").error().code, ErrorCode::not_found);
}

TEST_F(FleetFolderTest, LeavesNothingWhenAFileIsMissing) {
  std::filesystem::remove(root / "s.tfvars");
  EXPECT_EQ(create().error().code, ErrorCode::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(root / "fleets"));
}

// ---- the command line

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), {"ocibench", "fleet"});
  return parse_options(static_cast<int>(words.size()), words.data());
}

TEST(FleetOptions, AreReadForEachAction) {
  const auto up = std::get<FleetOptions>(*parse({"up", "c.toml", "--settings", "s", "--yes"}));
  EXPECT_EQ(up.action, FleetOptions::Action::up);
  EXPECT_EQ(up.settings, "s");
  EXPECT_EQ(up.confirmation, FleetOptions::Confirmation::given);
  const auto down = std::get<FleetOptions>(*parse({"down", "c", "--delete-results"}));
  EXPECT_EQ(down.action, FleetOptions::Action::down);
  EXPECT_EQ(down.results, FleetOptions::Results::deleted);
  EXPECT_EQ(down.confirmation, FleetOptions::Confirmation::ask);
  const auto status = std::get<FleetOptions>(*parse({"status", "c", "--json"}));
  EXPECT_EQ(status.action, FleetOptions::Action::status);
  EXPECT_EQ(status.common.output, Output::json);
}

TEST(FleetOptions, NeedAnActionAndACampaign) {
  EXPECT_EQ(parse({}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"up"}).error().code, ErrorCode::usage);
  EXPECT_EQ(parse({"status", "c", "--delete-results"}).error().code, ErrorCode::usage);
}

TEST(FleetOptions, HelpSaysWhatEachActionDoes) {
  const auto options = parse({"up", "--help"});
  ASSERT_TRUE(options);
  EXPECT_THAT(
      std::get<HelpText>(*options).text,
      AllOf(HasSubstr("--settings"), HasSubstr("Exit status:"), HasSubstr("says what is left")));
}

}  // namespace
}  // namespace ocibench::coordinator
