// What peers do: strangers, liars, the dead, the frozen and the talkative. The promised outcomes
// are in docs/reference/faults.md, a row for each test here.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <zmq.hpp>

#include "common/fd.hpp"
#include "protocol/codec.hpp"
#include "protocol/key_file.hpp"
#include "tests/fault/fleet_run.hpp"

namespace ocibench::fault {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class PeerFault : public FleetRun {
 protected:
  /// One agent with a trial of `iterations` seconds.
  void start_one(int iterations, const std::string& more_limits = "") {
    admit("lane-1");
    start_coordinator(write_campaign(R"("sleep")", iterations, more_limits));
    start_agent("lane-1");
    ASSERT_TRUE(coordinator().wait_for_err("measure 1/", kPatience)) << coordinator().err();
  }
  void expect_valid(const std::string& verdict) {
    ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
    EXPECT_THAT(coordinator().out(), HasSubstr(verdict));
    EXPECT_TRUE(nothing_acknowledged_is_lost());
  }
  /// One trial of three seconds, and time for an agent that is refused at first.
  std::string write_patient_campaign() {
    const std::filesystem::path file = path("campaign.toml");
    std::ofstream(file) << "schema = 1\nname = \"patient\"\nscenarios = [\"cold\"]\n"
                           "tools = [\"sleep\"]\ncorpus = \"tiny\"\niterations = 3\n";
    return file.string();
  }
  /// Resident memory and processor time of the coordinator.
  double coordinator_rss_mib() const {
    std::ifstream in("/proc/" + std::to_string(coordinator_pid_) + "/statm");
    double pages = 0;
    in >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
  }
  void note_pid() { coordinator_pid_ = coordinator().pid(); }
  [[nodiscard]] std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::stoi(endpoint().substr(endpoint().rfind(':') + 1)));
  }
  /// A socket with the key of `name` that says what it likes.
  zmq::socket_t raw_peer(const std::string& name) {
    const auto own = protocol::read_key_file(key(name + ".key")).value();
    const auto other = protocol::read_public_key_file(key("coordinator.pub")).value();
    zmq::socket_t socket(context_, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndtimeo, 10'000);
    socket.set(zmq::sockopt::routing_id, name + "/raw");
    socket.set(zmq::sockopt::curve_serverkey, other.key.str());
    socket.set(zmq::sockopt::curve_publickey, own.keys.public_key.str());
    socket.set(zmq::sockopt::curve_secretkey, own.keys.secret_key.reveal());
    socket.connect(endpoint());
    return socket;
  }

 private:
  zmq::context_t context_;
  pid_t coordinator_pid_ = 0;
};

std::string a_goodbye() {
  return protocol::encode(
      protocol::AgentMessage(protocol::Goodbye{.boot = BootId("0123456789ab"), .reason = "tired"}));
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// Passes bytes between an agent and the coordinator, and keeps them: a tap on the cable.
class Tap {
 public:
  explicit Tap(std::uint16_t to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 1);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { pass_on(); });
  }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  ~Tap() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Requires: both sides have ended.
  std::string finish() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    thread_ = std::thread([] {});
    return heard_;
  }

 private:
  void pass_on() {
    for (;;) {
      const Fd agent(::accept(listener_.get(), nullptr, nullptr));
      const Fd coordinator(agent ? connect_to(to_) : -1);
      if (!coordinator) {
        return;
      }
      std::array<pollfd, 2> ends{{{agent.get(), POLLIN, 0}, {coordinator.get(), POLLIN, 0}}};
      while (::poll(ends.data(), ends.size(), -1) > 0 && copy(ends[0], coordinator.get()) &&
             copy(ends[1], agent.get())) {
      }
    }
  }
  /// False when that end has closed.
  bool copy(const pollfd& from, int to) {
    if ((from.revents & (POLLIN | POLLHUP | POLLERR)) == 0) {
      return true;
    }
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(from.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return false;
    }
    heard_.append(buffer.data(), static_cast<std::size_t>(got));
    return ::send(to, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
  }

  std::uint16_t to_;
  std::uint16_t port_ = 0;
  Fd listener_;
  std::string heard_;
  std::thread thread_;
};

TEST_F(PeerFault, AKilledAgentIsReplacedByASpare) {
  admit("lane-2");
  start_one(3);
  start_agent("lane-2");
  ASSERT_TRUE(coordinator().wait_for_err("agent lane-2 is here", kPatience));
  agent("lane-1").signal(SIGKILL);
  expect_valid("VALID 3/3");
  EXPECT_THAT(coordinator().err(), HasSubstr("goes to agent lane-2 as attempt 2"));
}

TEST_F(PeerFault, AFrozenAgentThatComesBackInTimeLosesNothing) {
  start_one(4);
  agent("lane-1").signal(SIGSTOP);
  ASSERT_TRUE(coordinator().wait_for_err("agent lane-1 is silent", kPatience));
  agent("lane-1").signal(SIGCONT);
  expect_valid("VALID 4/4");
  EXPECT_THAT(coordinator().err(), testing::Not(HasSubstr("attempt 2")));
}

TEST_F(PeerFault, AFrozenAgentThatComesBackTooLateMayTryAgain) {
  start_one(3, "max_attempts = 3\n");
  agent("lane-1").signal(SIGSTOP);
  ASSERT_TRUE(coordinator().wait_for_err("was silent for more than 5 s", kPatience));
  agent("lane-1").signal(SIGCONT);
  expect_valid("VALID 3/3");
  EXPECT_THAT(coordinator().err(), HasSubstr("as attempt 2"));
}

TEST_F(PeerFault, ARevokedAgentLosesItsTrialWithThatCause) {
  start_one(5, "max_attempts = 1\n");
  revoke("lane-1");
  ASSERT_EQ(coordinator().wait(kPatience), 2) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("the key of agent lane-1 was revoked"));
}

TEST_F(PeerFault, AnAgentAdmittedInMidCampaignIsUsed) {
  start_coordinator(write_patient_campaign());
  admit("lane-1");
  revoke("lane-1");
  start_agent("lane-1");
  ASSERT_TRUE(agent("lane-1").wait_for_err("refuses this agent's key", kPatience));
  std::filesystem::copy_file(key("lane-1.pub"), path("agents") / "lane-1.pub");
  expect_valid("VALID 3/3");
}

TEST_F(PeerFault, OfTwoAgentsWithOneKeyTheOlderLeaves) {
  start_one(3);
  testing_support::Program twin = start("twin", agent_command("lane-1", path("state-twin")));
  EXPECT_EQ(agent("lane-1").wait(kPatience), 2) << agent("lane-1").err();
  EXPECT_THAT(agent("lane-1").err(), HasSubstr("taken over"));
  ASSERT_EQ(coordinator().wait(kPatience), 0) << coordinator().err();
  EXPECT_EQ(twin.wait(kPatience), 0) << twin.err();
}

TEST_F(PeerFault, FramesThatAreNoneAreDroppedAndSaid) {
  admit("liar");
  start_one(4);
  zmq::socket_t liar = raw_peer("liar");
  std::string old_version = a_goodbye();
  old_version[4] = '\x7f';  // the version's low byte, behind the magic
  liar.send(zmq::buffer(old_version), zmq::send_flags::none);
  std::string torn = a_goodbye();
  torn.back() = static_cast<char>(torn.back() ^ 1);
  liar.send(zmq::buffer(torn), zmq::send_flags::none);
  for (int i = 0; i < 1'000; ++i) {
    liar.send(zmq::buffer(std::string_view("part")), zmq::send_flags::sndmore);
  }
  liar.send(zmq::buffer(std::string_view("end")), zmq::send_flags::none);
  expect_valid("VALID 4/4");
  EXPECT_THAT(coordinator().err(), HasSubstr("the frame has protocol version 127, this program"));
  EXPECT_THAT(coordinator().err(), HasSubstr("dropped a frame of liar"));
}

TEST_F(PeerFault, AMillionRandomFramesMoveNeitherMemoryNorTheCampaign) {
  admit("liar");
  start_one(3);
  note_pid();
  const double before = coordinator_rss_mib();
  zmq::socket_t liar = raw_peer("liar");
  std::mt19937_64 random(20261122);
  std::string frame(64, '\0');
  double most = before;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint64_t bits = random();
    frame.resize(bits % 64);
    for (std::size_t k = 0; k < frame.size(); ++k) {
      frame[k] = static_cast<char>(bits >> (k % 56));
    }
    if (!liar.send(zmq::buffer(frame), zmq::send_flags::none)) {
      break;
    }
    if (i % 50'000 == 0) {
      most = std::max(most, coordinator_rss_mib());
    }
  }
  expect_valid("VALID 3/3");
  EXPECT_LT(most - before, 64.0) << "MiB";
}

TEST_F(PeerFault, ManyIdleConnectionsKeepNobodyOut) {
  admit("lane-1");
  start_coordinator(write_patient_campaign());
  note_pid();
  const double before = coordinator_rss_mib();
  std::vector<Fd> idle;
  for (int i = 0; i < 5'000; ++i) {
    const int fd = connect_to(port());
    if (fd < 0) {
      break;
    }
    idle.emplace_back(fd);
  }
  EXPECT_GE(idle.size(), 400U);
  start_agent("lane-1");
  expect_valid("VALID 3/3");
  EXPECT_LT(coordinator_rss_mib() - before, 256.0) << "MiB";
}

TEST_F(PeerFault, WhoListensOnTheCableReadsNoNames) {
  admit("lane-1");
  start_coordinator(write_campaign(R"("sleep")", 3));
  Tap tap(port());
  auto words = agent_command("lane-1", path("state-lane-1"));
  words[2] = "tcp://127.0.0.1:" + std::to_string(tap.port());
  testing_support::Program tapped = start("tapped", words);
  expect_valid("VALID 3/3");
  EXPECT_EQ(tapped.wait(kPatience), 0);
  const std::string heard = tap.finish();
  EXPECT_GT(heard.size(), 10'000U);
  EXPECT_THAT(heard, HasSubstr("CURVE"));  // what is readable, is heard
  for (const char* word : {"sleep", "lane-1", "cold", "measure", "synthetic"}) {
    EXPECT_THAT(heard, testing::Not(HasSubstr(word)));
  }
}

TEST_F(PeerFault, SomebodyWithoutAKeyLearnsNothing) {
  start_one(3);
  const Fd stranger(connect_to(port()));
  ASSERT_TRUE(stranger);
  const std::string request = "GET / HTTP/1.1\r\n\r\n";
  EXPECT_GT(::send(stranger.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(stranger.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string answer(4096, '\0');
  std::string all;
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(stranger.get(), answer.data(), answer.size(), 0);
    all.append(answer, 0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  // At most ZMTP's greeting: https://rfc.zeromq.org/spec/37, 64 bytes.
  EXPECT_LE(all.size(), 64U);
  EXPECT_THAT(all, testing::Not(HasSubstr("sleep")));
  expect_valid("VALID 3/3");
}

}  // namespace
}  // namespace ocibench::fault
