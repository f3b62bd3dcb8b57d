// Several tools and scenarios in one campaign, with both programs and real registries.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/campaign_run.hpp"

namespace ocibench::integration {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ComparisonRun : public CampaignRun {
 protected:
  std::string write(const std::string& toml) {
    const fs::path file = path("comparison.toml");
    std::ofstream(file) << "schema = 1\nname = \"test\"\ncorpus = \"tiny\"\niterations = 3\n"
                        << toml;
    return file.string();
  }

  /// The shipped data, and a tool that is skopeo and counts its runs in fading_runs().
  fs::path data_with_a_fading_tool() {
    const fs::path data = path("data");
    fs::create_directory(data);
    for (const char* folder : {"competitors", "scenarios"}) {
      fs::copy(fs::path(OCIBENCH_SOURCE_DIR) / folder, data / folder, fs::copy_options::recursive);
    }
    const fs::path program = path("fading");
    std::ofstream(program) << "#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\n"
                           << "if [ \"$1\" = --version ]; then exec skopeo --version; fi\n"
                           << "echo run >> " << fading_runs().string() << "\n"
                           << "exec skopeo \"$@\"\n";
    // It may run as another user.
    const auto everybodys = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                            fs::perms::others_read | fs::perms::others_exec;
    fs::permissions(program, everybodys);
    fs::permissions(directory_.path(), everybodys);
    fs::create_directory(fading_runs().parent_path());
    fs::permissions(fading_runs().parent_path(), fs::perms::all);
    std::string toml =
        read_file(data / "competitors/skopeo.toml", 1'000'000).value_or(std::string());
    replace(toml, "name = \"skopeo\"", "name = \"fading\"");
    replace(toml, "binaries = [\"skopeo\"]", "binaries = [\"" + program.string() + "\"]");
    std::ofstream(data / "competitors/fading.toml") << toml;
    return data;
  }

  [[nodiscard]] fs::path fading_runs() const { return path("counted") / "runs"; }

  /// Removes the tool when it has copied three times: nothing of its own could.
  void remove_fading_tool(const std::atomic<bool>& over) const {
    while (!over) {
      std::ifstream runs(fading_runs());
      if (std::count(std::istreambuf_iterator<char>(runs), {}, '\n') >= 3) {
        fs::remove(path("fading"));
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
};

TEST_F(ComparisonRun, MeasuresEveryScenarioWithSkopeoAndOurOwnCopy) {
  const std::string campaign = write(
      "scenarios = [\"cold\", \"warm\", \"partial\", \"cross-repo\"]\n"
      "tools = [\"skopeo\", \"reference\", \"null\"]\n");
  const auto run = testing_support::run_program(directory_.path(), run_local(campaign), kPatience);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESULT: VALID 36/36"));
  EXPECT_THAT(run.out, HasSubstr("1 of 2 (50.0 %) of the tags moved"));
  EXPECT_THAT(run.out, HasSubstr("No ranking of reference against skopeo: 1 round"));
  const auto verify =
      testing_support::run_program(directory_.path(), ocibench({"verify", bundle().string()}));
  EXPECT_EQ(verify.status, 0) << verify.out << verify.err;
}

TEST_F(ComparisonRun, KeepsTheOthersNumbersWhenAToolsBinaryGoesAway) {
  const std::string campaign = write(
      "scenarios = [\"cold\"]\nrounds = 2\n"
      "tools = [\"skopeo\", \"fading\", \"null\"]\n");
  const fs::path data = data_with_a_fading_tool();
  std::atomic<bool> over = false;
  std::thread remover([&] { remove_fading_tool(over); });
  const auto run = testing_support::run_program(
      directory_.path(),
      {std::string(OCIBENCH_BINARY_DIR) + "/ocibench", "run", "--local", campaign, "--results",
       path("results").string(), "--data", data.string(), "--cache", path("cache").string()},
      kPatience);
  over = true;
  remover.join();
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESULT: INCOMPLETE 15/18"));
  EXPECT_THAT(run.out, HasSubstr("fading: no executable " + path("fading").string()));
  for (const Json& result : summary().at("results")) {
    EXPECT_EQ(result.at("complete"), result.at("tool") == "fading" ? 3 : 6) << result.at("tool");
  }
}

}  // namespace
}  // namespace ocibench::integration
