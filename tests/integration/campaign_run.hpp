#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
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

  /// `limits`, and after how many seconds an agent is lost where they do not say.
  static std::string with_lost_after(int seconds, const std::string& limits) {
    const bool given = limits.find("agent_lost_after_s") != std::string::npos;
    return (given ? "" : "agent_lost_after_s = " + std::to_string(seconds) + "\n") + limits;
  }
  /// A campaign over the corpus `tiny` whose agents beat fast. `more` is further TOML.
  std::string write_campaign(const std::string& tools, int iterations,
                             const std::string& more_limits = "") {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"test\"\nscenarios = [\"cold\"]\ntools = [" << tools
                        << "]\ncorpus = \"tiny\"\niterations = " << iterations
                        << "\nseed = 7\n\n[limits]\nheartbeat_s = 0.1\nagent_wait_s = 3\n"
                        << with_lost_after(5, more_limits);
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
  /// With agents that the test starts: those that were admitted.
  [[nodiscard]] std::vector<std::string> run_listening(
      const std::string& campaign, const std::string& endpoint = "tcp://127.0.0.1:0") const {
    return ocibench({"run", campaign, "--listen", endpoint, "--key",
                     key("coordinator.key").string(), "--agents", path("agents").string(),
                     "--results", path("results").string()});
  }
  [[nodiscard]] std::vector<std::string> resume() const {
    return ocibench({"run", "--resume", "--results", path("results").string()});
  }

  /// The key pair of `name`; its public half also goes to the folder of agents.
  void admit(const std::string& name) {
    const auto made = testing_support::run_program(
        directory_.path(),
        {std::string(OCIBENCH_BINARY_DIR) + "/ocibench", "keygen", name, "--output", path("keys")});
    ASSERT_EQ(made.status, 0) << made.err;
    std::filesystem::create_directories(path("agents"));
    if (name != "coordinator") {
      std::filesystem::copy_file(key(name + ".pub"), path("agents") / (name + ".pub"));
    }
  }
  [[nodiscard]] std::filesystem::path key(const std::string& file) const {
    return path("keys") / file;
  }
  /// The command line of an agent with the key of `name` and its spool in `state`.
  [[nodiscard]] std::vector<std::string> agent_command(const std::string& endpoint,
                                                       const std::string& name,
                                                       const std::filesystem::path& state) const {
    return {std::string(OCIBENCH_BINARY_DIR) + "/ocibench-agent",
            "--connect",
            endpoint,
            "--key",
            key(name + ".key").string(),
            "--coordinator-key",
            key("coordinator.pub").string(),
            "--state-dir",
            state.string(),
            "--data",
            OCIBENCH_SOURCE_DIR,
            "--cache",
            path("cache").string()};
  }
  /// Waits until that coordinator listens. Empty when it does not.
  static std::string endpoint_of(testing_support::Program& coordinator) {
    std::smatch match;
    const bool listens = coordinator.wait_for_err("waiting at", kPatience);
    const std::string err = coordinator.err();
    EXPECT_TRUE(listens) << err;
    return std::regex_search(err, match, std::regex("waiting at (tcp://[0-9.:]+)")) ? match[1].str()
                                                                                    : "";
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
