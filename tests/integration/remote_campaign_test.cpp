// A whole campaign between two registries that are there already and want a password.

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <stdlib.h>

#include "common/base64.hpp"
#include "common/gzip.hpp"
#include "common/oci/docker_config.hpp"
#include "common/oci/resolve.hpp"
#include "tests/integration/campaign_run.hpp"
#include "tests/support/registry_process.hpp"

namespace ocibench::integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::kPassword;
using testing_support::kUser;
using testing_support::Login;
using testing_support::RegistryProcess;

constexpr std::uint64_t kMaxFileBytes = 256 * 1024 * 1024;

std::string unpacked(const std::string& bytes) {
  std::string text;
  GzipDecompressor stream(kMaxFileBytes, [&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  });
  return stream.write(bytes) && stream.finish() ? text : "";
}

bool tells(const std::string& text) {
  return text.find(kPassword) != std::string::npos ||
         text.find(base64_encode(std::string(kUser) + ":" + kPassword)) != std::string::npos;
}

std::vector<std::string> files_that_tell(const std::filesystem::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string bytes =
        entry.is_regular_file() ? read_file(entry.path(), kMaxFileBytes).value_or("") : "";
    if (tells(bytes) || tells(unpacked(bytes))) {
      found.push_back(entry.path().string());
    }
  }
  return found;
}

/// Looks at the command lines of all processes over and over while it lives.
class CommandLineWatch {
 public:
  [[nodiscard]] std::vector<std::string> stop() {
    stopped_ = true;
    thread_.join();
    return found_;
  }

 private:
  void look() {
    while (!stopped_) {
      for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string words = read_file(entry.path() / "cmdline", 1'000'000).value_or("");
        if (tells(words)) {
          found_.push_back(words);
        }
      }
    }
  }

  std::atomic<bool> stopped_ = false;
  std::vector<std::string> found_;
  std::thread thread_{[this] { look(); }};
};

class RemoteCampaign : public CampaignRun {
 protected:
  RemoteCampaign() {
    ::setenv("DOCKER_AUTH_CONFIG",
             oci::docker_config_json({{source_.host(), *source_.endpoint().credentials},
                                      {target_.host(), *target_.endpoint().credentials}})
                 .c_str(),
             1);
    // Two images for two platforms each, as tools leave them alone.
    const CorpusSpec spec{.name = "seed",
                          .source = SyntheticSpec{.images = 2,
                                                  .layers = 2,
                                                  .layer_bytes = 50'000,
                                                  .platforms = {"linux/amd64", "linux/arm64"},
                                                  .repository_prefix = "world/image"}};
    const oci::CorpusContext corpora{.cache_directory = path("seed")};
    const ResolvedCorpus lock = oci::resolve_corpus(spec, corpora).value();
    EXPECT_TRUE(oci::materialise(spec, lock, corpora, source_.endpoint()));
    std::filesystem::create_directory(path("data"));
    for (const char* folder : {"competitors", "scenarios"}) {
      std::filesystem::copy(std::filesystem::path(OCIBENCH_SOURCE_DIR) / folder,
                            path("data") / folder, std::filesystem::copy_options::recursive);
    }
    std::ofstream(path("data") / "scenarios/corpora/world.toml")
        << "schema = 1\nname = \"world\"\n[references]\nimages = [\"" << source_.host()
        << "/world/image-01:1\", \"" << source_.host() << "/world/image-02:1\"]\n";
    std::ofstream(path("campaign.toml"))
        << "schema = 1\nname = \"world\"\nscenarios = [\"cold\"]\ntools = [\"skopeo\", "
           "\"reference\", \"null\"]\ncorpus = \"world\"\niterations = 3\n[registry]\ntarget = \""
        << target_.host() << "/team/bench\"\n[limits]\nheartbeat_s = 0.1\n"
        << "agent_lost_after_s = 5\n";
  }
  ~RemoteCampaign() override { ::unsetenv("DOCKER_AUTH_CONFIG"); }

  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), std::string(OCIBENCH_BINARY_DIR) + "/ocibench");
    words.insert(words.end(), {"--data", path("data").string(), "--cache", path("cache").string()});
    return words;
  }

  RegistryProcess source_ = RegistryProcess::start({.login = Login::wanted}).value();
  RegistryProcess target_ = RegistryProcess::start({.login = Login::wanted}).value();
};

TEST_F(RemoteCampaign, IsValidAndNobodyLearnsThePassword) {
  CommandLineWatch watch;
  const auto run = testing_support::run_program(
      directory_.path(), command({"run", "--local", path("campaign.toml").string(), "--results",
                                  path("results").string(), "--target-below", "r1"}));
  EXPECT_THAT(watch.stop(), IsEmpty());
  ASSERT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("RESULT: VALID 9/9"));
  EXPECT_FALSE(tells(run.out + run.err));
  EXPECT_THAT(files_that_tell(directory_.path()), IsEmpty())
      << "results, logs, journal, spool and what else lies around";
  const std::string report = read_file(bundle() / "summary.md", kMaxFileBytes).value();
  EXPECT_THAT(report,
              HasSubstr("## Target\n\nThe target is `" + target_.host() + "/team/bench/r1`"));
  EXPECT_THAT(report, HasSubstr("- 6 manifests deleted (cold/skopeo/r1, cold/reference/r1)"));
  EXPECT_THAT(report, HasSubstr("- target: " + target_.host() + " is not ours alone"));
  EXPECT_THAT(report, HasSubstr("no CDN headers: not applicable"));
  const auto verify =
      testing_support::run_program(directory_.path(), command({"verify", bundle().string()}));
  EXPECT_EQ(verify.status, 0) << verify.out << verify.err;
}

}  // namespace
}  // namespace ocibench::integration
