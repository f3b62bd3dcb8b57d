// What peers do: strangers, liars, the dead, the frozen and the talkative. The promised outcomes
// are in docs/reference/faults.md, a row for each test here.

#include <signal.h>
#include <sys/socket.h>

#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <zmq.hpp>

#include "common/fd.hpp"
#include "protocol/codec.hpp"
#include "protocol/key_file.hpp"
#include "tests/fault/fleet_run.hpp"
#include "tests/fault/tap.hpp"

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
  /// The agent lane-1, with `tap` on its cable.
  testing_support::Program start_behind(const Tap& tap) {
    auto words = agent_command("lane-1", path("state-lane-1"));
    words[2] = "tcp://127.0.0.1:" + std::to_string(tap.port());
    return start("tapped", words);
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
  [[nodiscard]] std::ptrdiff_t open_descriptors() {
    const std::filesystem::path folder = "/proc/" + std::to_string(coordinator().pid()) + "/fd";
    return std::distance(std::filesystem::directory_iterator(folder), {});
  }
  /// From here on its memory is compared with what it is now.
  void watch_memory() { mib_before_ = coordinator().resident_mib(); }
  /// How much more memory the coordinator holds by now. Requires: it runs.
  [[nodiscard]] double growth_mib() { return coordinator().resident_mib() - mib_before_; }
  /// Where the running campaign is kept.
  [[nodiscard]] std::filesystem::path run_folder() const {
    return std::filesystem::directory_iterator(path("results") / ".running")->path();
  }
  [[nodiscard]] CampaignId campaign() const { return CampaignId(run_folder().filename().string()); }
  [[nodiscard]] std::uintmax_t journal_bytes() const {
    std::uintmax_t bytes = 0;
    for (const char* name : {"journal.sqlite", "journal.sqlite-wal"}) {
      std::error_code absent;
      const std::uintmax_t size = std::filesystem::file_size(run_folder() / name, absent);
      bytes += absent ? 0 : size;
    }
    return bytes;
  }
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
  double mib_before_ = 0;
};

std::string a_goodbye() {
  return protocol::encode(
      protocol::AgentMessage(protocol::Goodbye{.boot = BootId("0123456789ab"), .reason = "tired"}));
}

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
  start_one(4, "agent_lost_after_s = 30\n");  // in time also on a busy machine
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
  watch_memory();
  zmq::socket_t liar = raw_peer("liar");
  std::mt19937_64 random(20261122);
  std::string frame(64, '\0');
  double most = 0;
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
      most = std::max(most, growth_mib());
    }
  }
  expect_valid("VALID 3/3");
  EXPECT_LT(most, 64.0) << "MiB";
}

TEST_F(PeerFault, AnAgentThatWasGivenNothingCannotFillTheDisk) {
  admit("liar");
  start_one(10);
  const std::uintmax_t before = journal_bytes();
  zmq::socket_t liar = raw_peer("liar");
  const BootId boot("0123456789ab");
  const auto say = [&](const protocol::AgentMessage& message) {
    return liar.send(zmq::buffer(protocol::encode(message)), zmq::send_flags::none).has_value();
  };
  say(protocol::Hello{.agent = AgentName("liar"), .boot = boot});
  const ArtifactChunk chunk{.id = {TrialId("cold/sleep/r1"), 1},
                            .name = "flood",
                            .bytes = std::string(ArtifactChunk::kMaxBytes, 'x')};
  protocol::RecordMessage record{
      .campaign = campaign(), .boot = boot, .payload = protocol::encode_record(AgentRecord(chunk))};
  for (; record.seq < 200 && say(record); ++record.seq) {
  }
  EXPECT_TRUE(coordinator().wait_for_err("agent liar sent records of a process", kPatience));
  EXPECT_LT(journal_bytes() - before, 8'000'000U) << "of the 52 MB that were sent";
  expect_valid("VALID 10/10");
  EXPECT_LT(coordinator().err().size(), 20'000U);
}

TEST_F(PeerFault, BadFramesDoNotFillTheLog) {
  admit("liar");
  start_one(8);
  zmq::socket_t liar = raw_peer("liar");
  std::string frame = a_goodbye();
  for (int i = 0; i < 200'000; ++i) {
    frame[4] = static_cast<char>(100 + i % 100);  // the version's low byte: another text each time
    if (!liar.send(zmq::buffer(frame), zmq::send_flags::none)) {
      break;
    }
  }
  expect_valid("VALID 8/8");
  EXPECT_THAT(coordinator().err(), HasSubstr("(10000 times)"));
  EXPECT_LT(coordinator().err().size(), 20'000U);
}

TEST_F(PeerFault, ABrokenKeyFileKeepsNoRevocationUp) {
  start_one(5, "max_attempts = 1\n");
  std::ofstream(path("agents") / "aaa.pub") << "this is no key";
  ASSERT_TRUE(coordinator().wait_for_err("aaa.pub", kPatience)) << coordinator().err();
  revoke("lane-1");
  ASSERT_EQ(coordinator().wait(kPatience), 2) << coordinator().err();
  EXPECT_THAT(coordinator().out(), HasSubstr("the key of agent lane-1 was revoked"));
}

TEST_F(PeerFault, ManyIdleConnectionsKeepNobodyOut) {
  admit("lane-1");
  start_coordinator(write_patient_campaign());
  watch_memory();
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
  ASSERT_TRUE(coordinator().wait_for_err("measure 1/", kPatience)) << coordinator().err();
  EXPECT_LT(growth_mib(), 256.0) << "MiB";
  expect_valid("VALID 3/3");
}

TEST_F(PeerFault, WhoListensOnTheCableReadsNoNames) {
  admit("lane-1");
  start_coordinator(write_campaign(R"("sleep")", 3));
  Tap tap(port());
  testing_support::Program tapped = start_behind(tap);
  expect_valid("VALID 3/3");
  EXPECT_EQ(tapped.wait(kPatience), 0);
  const std::string heard = tap.finish();
  EXPECT_GT(heard.size(), 10'000U);
  EXPECT_THAT(heard, HasSubstr("CURVE"));  // what is readable, is heard
  for (const char* word : {"sleep", "lane-1", "cold", "measure", "synthetic"}) {
    EXPECT_THAT(heard, testing::Not(HasSubstr(word)));
  }
}

TEST_F(PeerFault, WhatIsReplayedFromTheCableIsRefused) {
  admit("lane-1");
  start_coordinator(write_patient_campaign());
  Tap tap(port(), Tap::Mischief::replay);
  testing_support::Program tapped = start_behind(tap);
  expect_valid("VALID 3/3");
  EXPECT_EQ(tapped.wait(kPatience), 0);
  EXPECT_THAT(coordinator().err(), HasSubstr("handshake failed"));
  EXPECT_THAT(coordinator().err(), testing::Not(HasSubstr("attempt 2")));
}

TEST_F(PeerFault, AFrameThatIsTooLargeIsNeverHeld) {
  admit("liar");
  start_one(4);
  watch_memory();
  zmq::socket_t liar = raw_peer("liar");
  liar.send(zmq::message_t(4 * protocol::kMaxFrameBytes), zmq::send_flags::none);
  liar.send(zmq::buffer(a_goodbye()), zmq::send_flags::none);
  (void)coordinator().wait(seconds(2));
  EXPECT_LT(growth_mib(), 32.0) << "MiB";
  expect_valid("VALID 4/4");
}

TEST_F(PeerFault, APeerThatNeverReadsHoldsNobodyUp) {
  admit("slow");
  start_one(5);
  watch_memory();
  zmq::socket_t slow = raw_peer("slow");
  const std::string beat =
      protocol::encode(protocol::AgentMessage(protocol::Heartbeat{.boot = BootId("0123456789ab")}));
  for (int i = 0; i < 300'000; ++i) {  // each is answered, and no answer is read
    if (!slow.send(zmq::buffer(beat), zmq::send_flags::none)) {
      break;
    }
  }
  EXPECT_LT(growth_mib(), 64.0) << "MiB";
  expect_valid("VALID 5/5");
}

TEST_F(PeerFault, WithoutDescriptorsLeftWhatIsConnectedWorksOn) {
  admit("lane-1");
  admit("lane-2");
  start_coordinator(write_campaign(R"("sleep")", 6), "127.0.0.1",
                    {"/usr/bin/prlimit", "--nofile=520:520"});
  start_agent("lane-1");
  ASSERT_TRUE(coordinator().wait_for_err("measure 1/", kPatience)) << coordinator().err();
  std::vector<Fd> idle(1'000);
  for (Fd& each : idle) {
    each.reset(begin_to_connect_to(port()));
  }
  EXPECT_FALSE(coordinator().wait(seconds(2)));
  EXPECT_EQ(open_descriptors(), 520);
  idle.clear();
  start_agent("lane-2");
  EXPECT_TRUE(coordinator().wait_for_err("agent lane-2 is here", kPatience)) << coordinator().err();
  expect_valid("VALID 6/6");
  EXPECT_THAT(coordinator().err(), testing::Not(HasSubstr("attempt 2")));
}

TEST_F(PeerFault, AWallClockThatJumpsMovesNoMeasurement) {
  const std::filesystem::path ahead = path("seconds-ahead");
  const auto jump = [&](const char* by) { std::ofstream(ahead) << by; };
  jump("0");
  admit("lane-1");
  const std::vector<std::string> shifted = {"/usr/bin/env", "LD_PRELOAD=" OCIBENCH_WALL_CLOCK_SHIM,
                                            "OCIBENCH_TEST_CLOCK=" + ahead.string()};
  start_coordinator(write_campaign(R"("sleep")", 4), "127.0.0.1", shifted);
  start_agent("lane-1", shifted);
  ASSERT_TRUE(coordinator().wait_for_err("measure 1/", kPatience)) << coordinator().err();
  jump("7200");
  ASSERT_TRUE(coordinator().wait_for_err("measure 3/", kPatience)) << coordinator().err();
  jump("-86400");
  expect_valid("VALID 4/4");
  EXPECT_THAT(coordinator().err(), testing::Not(HasSubstr("attempt 2")));
  const Json row = summary().at("results").at(0);
  EXPECT_LT(row.at("metrics").at("wall_s").at("max").get<double>(), 60.0);
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
