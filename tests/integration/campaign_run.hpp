#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/file.hpp"
#include "common/json.hpp"
#include "tests/support/program.hpp"

namespace ocibench::integration {

/// A folder of its own, both programs, and campaigns written into it.
class CampaignRun : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kPatience{
      240};  // with a machine that does other things too

  CampaignRun() : directory_(*TemporaryDirectory::create(testing::TempDir(), "campaign-")) {}

  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return directory_.path() / name;
  }

  /// A campaign over the corpus `tiny` whose agents beat fast. `more` is further TOML.
  std::string write_campaign(const std::string& tools, int iterations,
                             const std::string& more_limits = "") {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"test\"\nscenarios = [\"cold\"]\ntools = [" << tools
                        << "]\ncorpus = \"tiny\"\niterations = " << iterations
                        << "\nseed = 7\n\n[limits]\nheartbeat_s = 0.1\nagent_lost_after_s = 5\n"
                        << "agent_wait_s = 3\n"
                        << more_limits;
    return file.string();
  }

  [[nodiscard]] std::vector<std::string> ocibench(std::vector<std::string> words) const {
    words.insert(words.begin(), std::string(OCIBENCH_BINARY_DIR) + "/ocibench");
    words.insert(words.end(), {"--data", OCIBENCH_SOURCE_DIR, "--cache", path("cache").string()});
    return words;
  }
  [[nodiscard]] std::vector<std::string> run_local(const std::string& campaign) const {
    return ocibench({"run", "--local", campaign, "--results", path("results").string()});
  }
  [[nodiscard]] std::vector<std::string> resume() const {
    return ocibench({"run", "--resume", "--results", path("results").string()});
  }
  [[nodiscard]] std::vector<std::string> agent(const std::string& endpoint,
                                               const std::string& name) const {
    return {std::string(OCIBENCH_BINARY_DIR) + "/ocibench-agent",
            "--connect",
            endpoint,
            "--name",
            name,
            "--state-dir",
            path("state-" + name).string(),
            "--data",
            OCIBENCH_SOURCE_DIR,
            "--cache",
            path("cache").string()};
  }

  testing_support::Program start(const std::string& name, const std::vector<std::string>& argv) {
    return {directory_.path(), name, argv};
  }

  /// The one bundle below results/; fails the test when there is none or more.
  [[nodiscard]] std::filesystem::path bundle() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("results"))) {
      if (entry.path().filename() == "SHA256SUMS") {
        found.push_back(entry.path().parent_path());
      }
    }
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? std::filesystem::path() : found.front();
  }
  [[nodiscard]] Json summary() const {
    auto text = read_file(bundle() / "summary.json", 64 * 1024 * 1024);
    EXPECT_TRUE(text.has_value());
    return text ? *parse_json(*text, "summary.json") : Json();
  }

  TemporaryDirectory directory_;
};

}  // namespace ocibench::integration
