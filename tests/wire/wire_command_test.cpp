// `ocibench wire` and campaigns that observe, as a person runs them.

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/campaign_run.hpp"

namespace ocibench::integration {
namespace {

using testing::HasSubstr;
using testing::Not;

class WireCommand : public CampaignRun {
 protected:
  testing_support::Finished wire(std::vector<std::string> words) {
    words.insert(words.begin(), "wire");
    return testing_support::run_program(directory_.path(), ocibench(std::move(words)));
  }
};

/// "target blob-head 404" -> how often.
std::map<std::string, int> counts_of(const Json& wire) {
  std::map<std::string, int> counts;
  for (const Json& each : wire.at("requests")) {
    counts[each.at("side").get<std::string>() + " " + each.at("class").get<std::string>() + " " +
           std::to_string(each.at("status").get<int>())] = each.at("count");
  }
  return counts;
}

TEST_F(WireCommand, ShowsWhatSkopeoAsksInAColdSync) {
  const auto shown = wire({"skopeo", "-q"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("skopeo 1.9.3 (Debian 12), cold: 1 image,"));
  EXPECT_THAT(shown.out, HasSubstr("  upload-patch       202       4"));
  EXPECT_THAT(shown.out, HasSubstr("connections          7 to the source, 25 to the target"));
  EXPECT_THAT(shown.err, Not(HasSubstr(" info: ")));  // a slow machine may earn warnings
}

TEST_F(WireCommand, PrintsTheSameAsJson) {
  const auto shown = wire({"skopeo", "--scenario", "cross-repo", "--json", "--quiet"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  const auto json = parse_json(shown.out, "stdout");
  ASSERT_TRUE(json.has_value()) << json.error().message;
  EXPECT_EQ(json->at("scenario"), "cross-repo");
  EXPECT_EQ(json->at("wire").at("mounts_created"), 3);
  EXPECT_EQ(counts_of(json->at("wire")).at("source blob-get 200"), 1);
}

TEST_F(WireCommand, NamesTheNearestToolScenarioAndCorpus) {
  const auto tool = wire({"skopoe"});
  EXPECT_EQ(tool.status, 65);
  EXPECT_THAT(tool.err, HasSubstr("did you mean `skopeo`?"));
  const auto scenario = wire({"skopeo", "--scenario", "wram"});
  EXPECT_EQ(scenario.status, 65);
  EXPECT_THAT(scenario.err, HasSubstr("did you mean `warm`?"));
  EXPECT_EQ(wire({"skopeo", "--corpus", "tyni"}).status, 65);
  EXPECT_EQ(wire({"null"}).status, 65);
}

TEST_F(WireCommand, ObservesEachToolOfACampaignApartFromItsNumbers) {
  std::ofstream(path("campaign.toml"))
      << "schema = 1\nname = \"test\"\nscenarios = [\"cold\", \"warm\"]\n"
      << "tools = [\"skopeo\", \"null\"]\ncorpus = \"tiny\"\niterations = 3\nobserve = true\n";
  std::vector<std::map<std::string, int>> runs;
  for (int run = 0; run < 2; ++run) {
    std::filesystem::remove_all(path("results"));
    const auto done = testing_support::run_program(
        directory_.path(), run_local(path("campaign.toml").string()), std::chrono::seconds(240));
    ASSERT_EQ(done.status, 0) << done.err << done.out;
    const Json observations = summary().at("observations");
    ASSERT_EQ(observations.size(), 2U) << "null says nothing";
    EXPECT_EQ(observations.at(0).at("wire").at("images").at("count"), 2);
    runs.push_back(counts_of(observations.at(0).at("wire")));
  }
  EXPECT_EQ(runs.at(0), runs.at(1)) << "cold is cold, and so are its counts";
  EXPECT_TRUE(
      std::filesystem::exists(bundle() / "logs/cold~skopeo~observe+a1+i0+target-requests.log.gz"));
  const auto verify =
      testing_support::run_program(directory_.path(), ocibench({"verify", bundle().string()}));
  EXPECT_EQ(verify.status, 0) << verify.out << verify.err;
}

}  // namespace
}  // namespace ocibench::integration
