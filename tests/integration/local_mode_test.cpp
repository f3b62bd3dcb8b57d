// `run --local` on a machine that has other users: none of them can join, take the coordinator's
// place or read its keys.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/gzip.hpp"
#include "coordinator/run_keys.hpp"
#include "protocol/key_file.hpp"
#include "protocol/zmq_client.hpp"
#include "protocol/zmq_server.hpp"
#include "tests/integration/campaign_run.hpp"

namespace ocibench::integration {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uid_t kNobody = 65534;
constexpr std::uint64_t kMaxFile = 256 * 1024 * 1024;

/// Whether another user could read the file. Requires: root.
bool nobody_can_read(const std::filesystem::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool other = ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
    ::_exit(other && ::open(file.c_str(), O_RDONLY) < 0 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status != 0;
}

std::string gunzipped(const std::string& bytes) {
  std::string text;
  GzipDecompressor stream(kMaxFile, [&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  });
  return stream.write(bytes) && stream.finish() ? text : "";
}

class LocalMode : public CampaignRun {
 protected:
  void start_run(int iterations) {
    run_ = std::make_unique<testing_support::Program>(
        start("run", run_local(write_campaign(R"("sleep")", iterations))));
    ASSERT_TRUE(run_->wait_for_err("measure 1/", kPatience)) << run_->err();
    folder_ = std::filesystem::directory_iterator(path("results") / ".running")->path();
    files_ = coordinator::local_key_files(folder_);
    endpoint_ = coordinator::read_run_notes(folder_).value().endpoint;
  }
  void expect_valid(testing_support::Program& coordinator, const std::string& verdict) {
    ASSERT_EQ(coordinator.wait(kPatience), 0) << coordinator.err();
    EXPECT_THAT(coordinator.out(), HasSubstr(verdict));
    EXPECT_THAT(coordinator.err(), Not(HasSubstr("attempt 2")));
  }
  /// Every file below the test's folder that holds `text`, unpacked where it is packed.
  [[nodiscard]] std::vector<std::string> files_with(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      const std::string bytes =
          entry.is_regular_file() ? read_file(entry.path(), kMaxFile).value_or("") : "";
      if (bytes.find(text) != std::string::npos ||
          gunzipped(bytes).find(text) != std::string::npos) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }
  /// The command lines of all processes.
  [[nodiscard]] static std::string command_lines() {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      all += read_file(entry.path() / "cmdline", 1'000'000).value_or("") + '\n';
    }
    return all;
  }

  std::unique_ptr<testing_support::Program> run_;
  std::filesystem::path folder_;
  coordinator::LocalKeyFiles files_;
  std::string endpoint_;
};

TEST_F(LocalMode, LetsNobodyInWithAKeyOfHisOwn) {
  start_run(3);
  std::vector<std::string> said;
  protocol::ZmqContext context;
  const auto intruder =
      protocol::ZmqClient::connect(
          context,
          {.endpoint = endpoint_,
           .name = AgentName(coordinator::kLocalAgentName),
           .security = {protocol::generate_key_pair().value(),
                        protocol::read_public_key_file(files_.coordinator_public).value().key},
           .notice = [&](const std::string& text) { said.push_back(text); }})
          .value();
  for (int i = 0; i < 500 && said.empty(); ++i) {
    EXPECT_FALSE(intruder->send(AgentName(), "hello"));
    EXPECT_THAT(intruder->receive(milliseconds(20), {}).value(), IsEmpty());
  }
  EXPECT_THAT(said, Contains(HasSubstr("refuses this agent's key")));
  EXPECT_TRUE(run_->wait_for_err("refused 127.0.0.1", kPatience)) << run_->err();
  expect_valid(*run_, "VALID 3/3");
}

TEST_F(LocalMode, SurvivesItsCoordinatorWhosePortIsTakenByAnother) {
  start_run(10);
  run_->signal(SIGKILL);
  run_->wait(kPatience);
  std::vector<std::string> said;
  {
    // It even has the agent's public key.
    protocol::AllowList allowed;
    ASSERT_TRUE(allowed.allow(AgentName(coordinator::kLocalAgentName),
                              protocol::read_key_file(files_.agent_key).value().keys.public_key));
    protocol::ZmqContext context;
    const auto impostor =
        protocol::ZmqServer::bind(
            context, {.endpoint = endpoint_,
                      .security = {protocol::generate_key_pair().value(), std::move(allowed)},
                      .notice = [&](const std::string& text) { said.push_back(text); }})
            .value();
    const auto agent_noticed = [&] {
      return read_file(folder_ / "agent.log", kMaxFile)
                 .value()
                 .find("--coordinator-key is not the key of what listens there") !=
             std::string::npos;
    };
    for (int i = 0; i < 600 && (said.empty() || !agent_noticed()); ++i) {
      EXPECT_THAT(impostor->receive(milliseconds(50), {}).value(), IsEmpty());
    }
    EXPECT_TRUE(agent_noticed());
  }
  EXPECT_THAT(said, Contains(HasSubstr("handshake failed")));
  const std::string key_before = read_file(files_.coordinator.own, kMaxFile).value();
  auto resumed = start("resumed", resume());
  ASSERT_TRUE(resumed.wait_for_err("going on with", kPatience)) << resumed.err();
  EXPECT_EQ(read_file(files_.coordinator.own, kMaxFile).value_or(key_before), key_before);
  expect_valid(resumed, "VALID 10/10");
}

TEST_F(LocalMode, ShowsItsSecretKeysToNobody) {
  start_run(3);
  std::vector<std::string> secrets;
  for (const auto& file : {files_.coordinator.own, files_.agent_key}) {
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << file;
    EXPECT_EQ(status.st_uid, ::geteuid());
    secrets.push_back(protocol::read_key_file(file).value().keys.secret_key.reveal());
    if (::geteuid() == 0) {
      ::chmod(directory_.path().c_str(), 0755);  // so that it is the run's folder that is closed
      EXPECT_FALSE(nobody_can_read(file)) << file;
    }
  }
  struct stat status {};
  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  const std::string words = command_lines();
  EXPECT_THAT(words, HasSubstr(files_.agent_key.string()));
  for (const std::string& secret : secrets) {
    EXPECT_THAT(words, Not(HasSubstr(secret)));
  }
  expect_valid(*run_, "VALID 3/3");
  EXPECT_FALSE(std::filesystem::exists(path("results") / ".running"));
  for (const std::string& secret : secrets) {
    EXPECT_THAT(files_with(secret), IsEmpty()) << "bundle, logs, what was printed";
  }
}

}  // namespace
}  // namespace ocibench::integration
