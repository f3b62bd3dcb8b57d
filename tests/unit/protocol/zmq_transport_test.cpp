#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.hpp>

#include "common/fd.hpp"
#include "protocol/zmq_client.hpp"
#include "protocol/zmq_server.hpp"
#include "tests/support/key_ring.hpp"

namespace ocibench::protocol {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing_support::KeyRing;

const AgentName kLane{"lane-1"};
const AgentName kOtherLane{"lane-2"};
constexpr milliseconds kWait = seconds(10);

const KeyRing& keys() {
  static const KeyRing kKeys{kLane, kOtherLane};
  return kKeys;
}

std::unique_ptr<ZmqServer> bind_at(ZmqContext& context, const std::string& endpoint) {
  return ZmqServer::bind(context, {.endpoint = endpoint, .security = keys().server()}).value();
}
std::unique_ptr<ZmqServer> bind_anywhere(ZmqContext& context) {
  return bind_at(context, "tcp://127.0.0.1:0");
}

std::unique_ptr<ZmqClient> connect_to(ZmqContext& context, const std::string& endpoint) {
  return ZmqClient::connect(context,
                            {.endpoint = endpoint, .name = kLane, .security = keys().client(kLane)})
      .value();
}

std::string refusal_of(const std::string& endpoint) {
  ZmqContext context;
  const auto server = ZmqServer::bind(context, {.endpoint = endpoint, .security = keys().server()});
  return server ? "accepted" : server.error().message;
}

[[noreturn]] void bind_with_few_descriptors() {
  const rlimit few{100, 100};
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::fputs(refusal_of("tcp://127.0.0.1:0").c_str(), stderr);
  ::_exit(0);
}

/// Sends until the server has something, as an agent repeats its Hello.
std::vector<Incoming> send_until_received(Transport& client, Transport& server) {
  for (int i = 0; i < 1'000; ++i) {
    (void)client.send(AgentName(), "hello");
    auto batch = server.receive(milliseconds(20), {});
    if (!batch || !batch->empty()) {
      return batch.value();
    }
  }
  return {};
}

/// A peer with the key of `name` that does not keep to the rules.
class RawPeer {
 public:
  RawPeer(const ZmqServer& server, const AgentName& name, const std::string& routing_id)
      : socket_(context_, zmq::socket_type::dealer) {
    const ClientSecurity security = keys().client(name);
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::routing_id, routing_id);
    socket_.set(zmq::sockopt::curve_serverkey, security.server.str());
    socket_.set(zmq::sockopt::curve_publickey, security.keys.public_key.str());
    socket_.set(zmq::sockopt::curve_secretkey, security.keys.secret_key.reveal());
    socket_.connect(server.endpoint());
  }
  void send(const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      socket_.send(zmq::buffer(parts[i]),
                   i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

/// Frames until (and without) the one that says "end".
std::vector<std::string> receive_until_end(ZmqServer& server) {
  std::vector<std::string> frames;
  for (int i = 0; i < 100; ++i) {
    const auto batch = server.receive(kWait, {}).value();
    for (const Incoming& incoming : batch) {
      if (incoming.frame == "end") {
        return frames;
      }
      frames.push_back(incoming.frame);
    }
  }
  frames.emplace_back("no end");
  return frames;
}

TEST(ZmqServer, TellsTheRealPort) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  EXPECT_THAT(server->endpoint(), testing::MatchesRegex("tcp://127\\.0\\.0\\.1:[1-9][0-9]*"));
}

TEST(ZmqServer, RefusesToListenOnWhatIsNoEndpoint) {
  for (const char* endpoint :
       {"", "tcp://", "tcp://*:7171", "127.0.0.1:1", "tcp://127.0.0.1",
        "tcp://127.0.0.1:", "tcp://127.0.0.1:99999", "ipc:///tmp/x", "tcp://localhost:1"}) {
    EXPECT_THAT(refusal_of(endpoint), HasSubstr("is not an endpoint")) << endpoint;
  }
}

TEST(ZmqServer, SaysThatAPortIsTaken) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  EXPECT_THAT(refusal_of(server->endpoint()), HasSubstr("Address already in use"));
}

TEST(ZmqServer, RefusesToStartWithFewFileDescriptors) {
  // In a process of its own: a limit that was lowered cannot be raised again.
  EXPECT_EXIT(bind_with_few_descriptors(), testing::ExitedWithCode(0),
              "the limit of open files is 100; .*ulimit -n");
}

TEST(ZmqServer, RaisesTheLimitOfFileDescriptorsAsFarAsItMay) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few{100, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(refusal_of("tcp://127.0.0.1:0"), "accepted");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
}

TEST(ZmqServer, DropsMessagesOfMoreThanOneFrame) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  RawPeer peer(*server, kLane, "lane-1");
  peer.send({"first", ""});
  peer.send(std::vector<std::string>(20'000, "x"));
  peer.send({"sound"});
  peer.send({"end"});
  EXPECT_THAT(receive_until_end(*server), testing::ElementsAre("sound"));
}

TEST(ZmqServer, DropsWhatComesFromAPeerWithoutAProperName) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  RawPeer nameless(*server, kOtherLane, "../Lane");
  nameless.send({"x"});
  RawPeer peer(*server, kLane, "lane-1");
  peer.send({"end"});
  EXPECT_THAT(receive_until_end(*server), testing::IsEmpty());
}

TEST(ZmqServer, OutlivesAFrameThatIsTooLarge) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  {
    RawPeer hostile(*server, kOtherLane, "lane-2");
    hostile.send({std::string(64 * 1024 * 1024, 'x')});
    EXPECT_TRUE(server->receive(milliseconds(100), {}).value().empty());
  }
  RawPeer peer(*server, kLane, "lane-1");
  peer.send({"end"});
  EXPECT_THAT(receive_until_end(*server), testing::IsEmpty());
}

TEST(ZmqServer, WakesUpForAnotherDescriptor) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd reading(ends[0]);
  const Fd writing(ends[1]);
  ASSERT_EQ(::write(writing.get(), "x", 1), 1);
  // Would run into the test's time limit if the descriptor did not wake it.
  EXPECT_TRUE(server->receive(std::chrono::hours(1), {reading.get()}).value().empty());
}

TEST(ZmqServer, ComesBackEmptyHandedWhenASignalArrives) {
  ZmqContext context;
  const auto server = bind_anywhere(context);
  struct sigaction action {};
  struct sigaction old {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGALRM, &action, &old), 0);
  const itimerval every_10_ms{{0, 10'000}, {0, 10'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &every_10_ms, nullptr), 0);
  const auto batch = server->receive(std::chrono::hours(1), {});
  const itimerval never{};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(::sigaction(SIGALRM, &old, nullptr), 0);
  EXPECT_TRUE(batch && batch->empty());
}

TEST(ZmqClient, ConnectsAgainToAServerThatCameBackOnItsPort) {
  ZmqContext context;
  auto server_context = std::make_unique<ZmqContext>();
  auto server = bind_anywhere(*server_context);
  const std::string endpoint = server->endpoint();
  const auto client = connect_to(context, endpoint);
  EXPECT_FALSE(send_until_received(*client, *server).empty());
  server.reset();
  server_context.reset();  // waits until the port is free, as the end of a process does
  server_context = std::make_unique<ZmqContext>();
  server = bind_at(*server_context, endpoint);
  EXPECT_FALSE(send_until_received(*client, *server).empty());
  EXPECT_TRUE(server->send(kLane, "welcome back"));
}

TEST(ZmqClient, TakesNothingWhileThereIsNoServer) {
  std::string endpoint;
  {
    ZmqContext server_context;  // its end waits until nobody listens any more
    endpoint = bind_anywhere(server_context)->endpoint();
  }
  ZmqContext context;
  const auto client = connect_to(context, endpoint);
  const auto sent = client->send(AgentName(), "x");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::unavailable);
}

TEST(ZmqClient, RefusesANameThatIsNoAgentsName) {
  ZmqContext context;
  for (const char* name : {"", "Lane", "a/b"}) {
    const auto client = ZmqClient::connect(context, {.endpoint = "tcp://127.0.0.1:1",
                                                     .name = AgentName{name},
                                                     .security = keys().client(kLane)});
    EXPECT_EQ(client.error().code, ErrorCode::bad_input) << name;
  }
}

}  // namespace
}  // namespace ocibench::protocol
