#include "coordinator/campaign/campaign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/toml.hpp"
#include "tests/unit/coordinator/plan_fixture.hpp"

namespace ocibench::coordinator {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kMinimal =
    "schema = 1\nname = 'try'\nscenarios = ['cold']\ntools = ['skopeo']\ncorpus = 'tiny'\n";

Result<Campaign> parse(const std::string& more) {
  return parse_campaign(std::string(kMinimal) + more, "c.toml", shipped_catalog());
}

std::string error_of(const std::string& more) {
  const auto campaign = parse(more);
  return campaign ? "" : campaign.error().message;
}

TEST(ParseCampaign, LeavesOutWhatWasNotAskedFor) {
  const auto campaign = parse("");
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(
      *campaign,
      (Campaign{.name = "try", .scenarios = {"cold"}, .tools = {"skopeo"}, .corpus = "tiny"}));
}

TEST(ParseCampaign, ReadsEveryKey) {
  const auto campaign = parse(
      "iterations = 7\nrounds = 2\nseed = 9\n"
      "[registry]\nname = 'docker-registry'\ntls = true\nstorage = 'disk'\n"
      "[limits]\niteration_timeout_s = 1\noverhead_timeout_s = 2\nagent_wait_s = 3\n"
      "agent_lost_after_s = 4\nheartbeat_s = 0.5\ncampaign_deadline_s = 6\nmax_attempts = 8\n");
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->iterations, 7U);
  EXPECT_EQ(campaign->rounds, 2U);
  EXPECT_EQ(campaign->seed, 9U);
  EXPECT_EQ(campaign->registry, (RequestedRegistry{"docker-registry", true, "disk", std::nullopt}));
  EXPECT_EQ(campaign->limits,
            (RequestedLimits{milliseconds(1000), milliseconds(2000), milliseconds(3000),
                             milliseconds(4000), milliseconds(500), milliseconds(6000), 8}));
}

TEST(ParseCampaign, ReadsWhetherAgentsShareAHost) {
  EXPECT_EQ(parse("[agents]\nshare_host = true\n")->agents.share_host, true);
  EXPECT_EQ(parse("[agents]\nexpected = 2\n")->agents.share_host, std::nullopt);
  EXPECT_THAT(error_of("[agents]\nshare_host = 1\n"), HasSubstr("share_host"));
}

TEST(ParseCampaign, RefusesFewerThanThreeIterationsAndSaysWhy) {
  EXPECT_EQ(error_of("iterations = 2\n"),
            "c.toml:6: iterations = 2: at least 3 are needed; the median of two is only their "
            "average, and an outlier cannot be told from the rest");
  EXPECT_EQ(error_of("iterations = 3\n"), "");
}

TEST(ParseCampaign, NamesTheLineAndTheNearestOfUnknownNames) {
  const auto campaign = parse_campaign(
      "schema = 1\nname = 'try'\nscenarios = ['colt']\ntools = [\n  'skopeo',\n  'nul',\n]\n"
      "corpus = 'tinny'\niteration = 5\n[registry]\nname = 'docker-registri'\n",
      "c.toml", shipped_catalog());
  ASSERT_FALSE(campaign);
  EXPECT_EQ(campaign.error().code, ErrorCode::bad_input);
  EXPECT_EQ(campaign.error().message,
            "c.toml:3: unknown scenario `colt`; did you mean `cold`?\n"
            "c.toml:6: unknown tool `nul`; did you mean `null`?\n"
            "c.toml:8: unknown corpus `tinny`; did you mean `tiny`?\n"
            "c.toml:9: unknown key `iteration`; did you mean `iterations`?\n"
            "c.toml:11: unknown registry `docker-registri`; did you mean `docker-registry`?");
}

TEST(ParseCampaign, TakesOneOfTheToolsAsTheBaseline) {
  EXPECT_EQ(parse("baseline = 'skopeo'\n")->baseline, "skopeo");
  EXPECT_EQ(error_of("baseline = 'crane'\n"),
            "c.toml:6: key `baseline`: `crane` is not one of `tools`");
  const auto campaign = parse_campaign(
      "schema = 1\nname = 'try'\nscenarios = ['cold']\ntools = ['skopeo', 'null']\n"
      "corpus = 'tiny'\nbaseline = 'null'\n",
      "c.toml", shipped_catalog());
  ASSERT_FALSE(campaign);
  EXPECT_EQ(campaign.error().message,
            "c.toml:6: key `baseline`: `null` copies nothing; name a tool to compare with");
}

TEST(ParseCampaign, RefusesAToolNamedTwice) {
  const auto campaign = parse_campaign(
      "schema = 1\nname = 'try'\nscenarios = ['cold']\ntools = ['null', 'null']\ncorpus = 'tiny'\n",
      "c.toml", shipped_catalog());
  ASSERT_FALSE(campaign);
  EXPECT_EQ(campaign.error().message, "c.toml:4: key `tools`: `null` is named twice");
}

TEST(ParseCampaign, RefusesPlainHttpForAToolThatHasNone) {
  const std::string toml =
      "schema = 1\nname = 'try'\nscenarios = ['cold']\ntools = ['skopeo', 'ocync']\n"
      "corpus = 'tiny'\n";
  const auto plain = parse_campaign(toml, "c.toml", shipped_catalog());
  ASSERT_FALSE(plain);
  EXPECT_THAT(plain.error().message, HasSubstr("c.toml:4: key `tools`: ocync speaks only TLS"));
  EXPECT_TRUE(parse_campaign(toml + "[registry]\ntls = true\n", "c.toml", shipped_catalog()));
}

TEST(ParseCampaign, TakesATargetThatIsThereAlready) {
  const auto target_of = [](const std::string& keys) {
    const auto campaign = parse("[registry]\n" + keys);
    EXPECT_TRUE(campaign) << (campaign ? "" : campaign.error().message);
    return campaign ? campaign->registry : RequestedRegistry{};
  };
  const RequestedRegistry remote = target_of("target = 'r.example:5000/team/bench'\n");
  EXPECT_EQ(remote.target, (TargetSpec{TargetKind::remote, "r.example:5000", "team/bench"}));
  EXPECT_TRUE(speaks_tls(remote)) << "on another machine";
  EXPECT_FALSE(speaks_tls(target_of("target = '127.0.0.1:5000/team'\n")));
  EXPECT_FALSE(speaks_tls(target_of("")));
  EXPECT_EQ(
      target_of("target = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/bench'\n").target->kind,
      TargetKind::ecr);
  EXPECT_EQ(target_of("kind = 'ecr'\ntarget = 'localhost:4566/bench'\n").target->kind,
            TargetKind::ecr)
      << "an emulator";
}

TEST(ParseCampaign, RefusesATargetThatCannotBeOne) {
  EXPECT_THAT(error_of("[registry]\ntarget = 'r.example'\n"),
              HasSubstr("c.toml:7: key `target`: expected a registry and a namespace"));
  EXPECT_THAT(error_of("[registry]\ntarget = 'r.example/Team'\n"), HasSubstr("namespace"));
  EXPECT_THAT(error_of("[registry]\ntarget = 'https://r.example/team'\n"), HasSubstr("namespace"));
  EXPECT_THAT(error_of("[registry]\ntarget = 'docker.io/me'\n"), HasSubstr("Docker Hub"));
  EXPECT_THAT(error_of("[registry]\nkind = 'ecr'\ntarget = 'r.example/team'\n"),
              HasSubstr("dkr.ecr"));
  EXPECT_THAT(error_of("[registry]\nkind = 'ecr'\ntarget = '10.0.0.1:4566/team'\n"),
              HasSubstr("dkr.ecr"))
      << "only an emulator on loopback is believed to be one";
  EXPECT_THAT(error_of("[registry]\ntls = false\n"
                       "target = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/bench'\n"),
              HasSubstr("c.toml:7: tls = false with a target on Amazon ECR"));
  EXPECT_THAT(error_of("[registry]\nkind = 'remote'\n"), HasSubstr("needs the key `target`"));
  EXPECT_THAT(error_of("[registry]\nkind = 'local'\ntarget = 'r.example/team'\n"),
              HasSubstr("has no address"));
  EXPECT_THAT(error_of("[registry]\nkind = 'remot'\n"), HasSubstr("did you mean `remote`"));
  EXPECT_THAT(error_of("observe = true\n[registry]\ntarget = 'r.example/team'\n"),
              HasSubstr("observe = true needs a local target"));
}

TEST(ParseCampaign, RefusesLimitsThatAreNone) {
  EXPECT_THAT(error_of("[limits]\niteration_timeout_s = 0\n"), HasSubstr("c.toml:7:"));
  EXPECT_THAT(error_of("[limits]\nmax_attempts = 0\n"), HasSubstr("outside 1..100"));
  EXPECT_THAT(error_of("[limits]\niteration_timeout = 5\n"),
              HasSubstr("did you mean `iteration_timeout_s`?"));
}

TEST(ParseCampaign, AcceptsWhatIsShipped) {
  const auto text = read_file(OCIBENCH_SOURCE_DIR "/scenarios/campaigns/quickstart.toml",
                              TomlDocument::kMaxBytes);
  ASSERT_TRUE(text);
  const auto campaign = parse_campaign(*text, "quickstart.toml", shipped_catalog());
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_THAT(campaign->tools, ElementsAre("skopeo", "null"));
}

}  // namespace
}  // namespace ocibench::coordinator
