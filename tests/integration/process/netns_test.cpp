// What crosses a wire, against what we say has crossed it.

#include <poll.h>
#include <unistd.h>

#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/process/linux_process_runner.hpp"
#include "agent/sampling/host_sampler.hpp"
#include "common/file.hpp"
#include "common/process/probe.hpp"
#include "common/process/spawn.hpp"
#include "tests/support/test_tool.hpp"

namespace ocibench::agent {
namespace {

using testing_support::kTestTool;

constexpr const char* kIp = "/usr/sbin/ip";
constexpr const char* kNear = "198.18.77.1";  // RFC 2544: addresses for benchmarks
constexpr const char* kFar = "198.18.77.2";

/// A host of its own behind a cable: a network namespace and a veth pair. Goes with the object.
class FarHost {
 public:
  explicit FarHost(const Clock& clock) : clock_(clock) {
    works_ = ip({"netns", "add", name_}) &&
             ip({"link", "add", near_, "type", "veth", "peer", "name", far_, "netns", name_}) &&
             ip({"addr", "add", fmt::format("{}/30", kNear), "dev", near_}) &&
             ip({"link", "set", near_, "up"}) &&
             ip({"-n", name_, "addr", "add", fmt::format("{}/30", kFar), "dev", far_}) &&
             ip({"-n", name_, "link", "set", far_, "up"});
  }
  FarHost(const FarHost&) = delete;
  FarHost& operator=(const FarHost&) = delete;
  ~FarHost() {
    ip({"link", "del", near_});
    ip({"netns", "del", name_});
  }

  [[nodiscard]] bool works() const { return works_; }
  [[nodiscard]] const std::string& interface() const { return near_; }

  /// Returns when it listens. Answers the one connection with `answer_bytes`.
  [[nodiscard]] std::optional<SpawnedProcess> listen(int port, std::uint64_t answer_bytes) const {
    auto pipe = Pipe::create().value();
    auto server = spawn({.argv = {kIp, "netns", "exec", name_, kTestTool, "listen",
                                  std::to_string(port), std::to_string(answer_bytes)},
                         .environment = {},
                         .working_directory = "/",
                         .stdout_fd = pipe.write_end.get(),
                         .stderr_fd = STDERR_FILENO});
    if (!server) {
      return std::nullopt;
    }
    server->release();
    pollfd ready{.fd = pipe.read_end.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, 10'000) == 1 ? std::optional(std::move(*server)) : std::nullopt;
  }

 private:
  bool ip(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), kIp);
    const auto answer = capture({.argv = std::move(arguments)}, clock_);
    return answer && answer->exit_code == 0;
  }

  const Clock& clock_;
  std::string name_ = fmt::format("ocibench-{}", ::getpid());
  std::string near_ = fmt::format("ob{}n", ::getpid());
  std::string far_ = fmt::format("ob{}f", ::getpid());
  bool works_ = false;
};

TEST(NetworkUse, IsWhatCrossedTheWireInEachDirection) {
  if (::geteuid() != 0 || ::access(kIp, X_OK) != 0) {
    GTEST_SKIP() << "needs root and iproute2 for a network namespace";
  }
  const SystemClock clock;
  const FarHost far(clock);
  if (!far.works()) {
    GTEST_SKIP() << "this kernel refuses network namespaces or veth";
  }
  constexpr std::uint64_t kSent = 200'000'000;
  constexpr std::uint64_t kReceived = 50'000'000;
  const auto server = far.listen(7001, kReceived);
  ASSERT_TRUE(server);

  const auto dir = TemporaryDirectory::create("/tmp", "netns-test-").value();
  LinuxProcessRunner runner(clock);
  HostSampler sampler({far.interface(), dir.path()}, clock);
  const Cancellation never;
  const auto report = runner.run({.argv = {kTestTool, "send", kFar, "7001", std::to_string(kSent)},
                                  .environment = {},
                                  .working_directory = dir.path(),
                                  .stdout_log = dir.path() / "stdout.gz",
                                  .stderr_log = dir.path() / "stderr.gz",
                                  .deadline = std::chrono::seconds(60)},
                                 sampler, never);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->exit_code, 0);
  const auto network = sampler.finish().network;
  ASSERT_TRUE(network);
  const auto percent = [](std::uint64_t measured, std::uint64_t payload) {
    return 100.0 * (static_cast<double>(measured) / static_cast<double>(payload) - 1);
  };
  std::cout << fmt::format("sent {:+.2f} %, received {:+.2f} % against payload\n",
                           percent(network->tx_bytes, kSent),
                           percent(network->rx_bytes, kReceived));
  // The acknowledgements of one direction travel in the other.
  EXPECT_NEAR(percent(network->tx_bytes, kSent), 0, 2);
  EXPECT_NEAR(percent(network->rx_bytes, kReceived), 0, 2);
}

}  // namespace
}  // namespace ocibench::agent
