// Keys on real sockets: who gets in, who gets nothing, and what each side is told.

#include <sys/resource.h>

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.hpp>

#include "common/mutex.hpp"
#include "protocol/zmq_client.hpp"
#include "protocol/zmq_server.hpp"

namespace ocibench::protocol {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const AgentName kLane1{"lane-1"};
const AgentName kLane2{"lane-2"};
constexpr int kTries = 1'000;  // of kWait; a passing test stops earlier
constexpr milliseconds kWait{10};

/// What was said, from any thread.
class Notices {
 public:
  LinkNotice listener() {
    return [this](const std::string& text) {
      const MutexLock lock(mutex_);
      said_.push_back(text);
    };
  }
  std::vector<std::string> said() const {
    const MutexLock lock(mutex_);
    return said_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> said_ OCIBENCH_GUARDED_BY(mutex_);
};

class ZmqSecurity : public testing::Test {
 protected:
  AllowList both() const {
    AllowList allowed;
    EXPECT_TRUE(allowed.allow(kLane1, lane1_.public_key));
    EXPECT_TRUE(allowed.allow(kLane2, lane2_.public_key));
    return allowed;
  }
  AllowList only_second() const {
    AllowList allowed;
    EXPECT_TRUE(allowed.allow(kLane2, lane2_.public_key));
    return allowed;
  }
  std::unique_ptr<ZmqServer> bind(AllowList allowed) {
    return ZmqServer::bind(context_, {.endpoint = "tcp://127.0.0.1:0",
                                      .security = ServerSecurity{coordinator_, std::move(allowed)},
                                      .notice = at_server_.listener()})
        .value();
  }
  std::unique_ptr<ZmqClient> client(const ZmqServer& server, const AgentName& name,
                                    const KeyPair& keys) {
    return connect({.endpoint = server.endpoint(),
                    .name = name,
                    .security = ClientSecurity{keys, coordinator_.public_key}});
  }
  std::unique_ptr<ZmqClient> connect(ClientSettings settings) {
    settings.notice = at_client_.listener();
    return ZmqClient::connect(context_, std::move(settings)).value();
  }
  /// Both sides run until the server has a frame or `enough` says so.
  template <class Enough>
  std::vector<Incoming> run(ZmqServer& server, ZmqClient& client, const Enough& enough) {
    for (int i = 0; i < kTries; ++i) {
      (void)client.send(AgentName(), "hello");
      EXPECT_THAT(client.receive(kWait, {}).value(), IsEmpty());
      auto batch = server.receive(kWait, {}).value();
      if (!batch.empty() || enough()) {
        return batch;
      }
    }
    ADD_FAILURE() << "nothing happened";
    return {};
  }
  std::vector<Incoming> run(ZmqServer& server, ZmqClient& client) {
    return run(server, client, [] { return false; });
  }
  /// Until both sides have said something that contains these texts.
  void run_until_said(ZmqServer& server, ZmqClient& client, const std::string& by_server,
                      const std::string& by_client) {
    const auto batch = run(server, client, [&] {
      const auto has = [](const Notices& notices, const std::string& text) {
        const auto said = notices.said();
        return std::ranges::any_of(
            said, [&](const std::string& each) { return each.find(text) != std::string::npos; });
      };
      return has(at_server_, by_server) && has(at_client_, by_client);
    });
    EXPECT_THAT(batch, IsEmpty());
  }

  ZmqContext context_;
  const KeyPair coordinator_ = generate_key_pair().value();
  const KeyPair lane1_ = generate_key_pair().value();
  const KeyPair lane2_ = generate_key_pair().value();
  Notices at_server_;
  Notices at_client_;
};

TEST_F(ZmqSecurity, AnAllowedKeyGetsIn) {
  const auto server = bind(both());
  const auto agent = client(*server, kLane1, lane1_);
  const auto batch = run(*server, *agent);
  ASSERT_FALSE(batch.empty());
  EXPECT_EQ(batch.front().peer, kLane1);
  EXPECT_THAT(at_client_.said(), Contains(HasSubstr("connected to the coordinator")));
}

TEST_F(ZmqSecurity, AnUnknownKeyIsRefusedAndBothSidesSaySo) {
  const auto server = bind(only_second());
  const auto agent = client(*server, kLane1, lane1_);
  run_until_said(*server, *agent, lane1_.public_key.str(), "lane-1.pub into its --agents folder");
  EXPECT_FALSE(server->send(kLane1, "secret"));
}

TEST_F(ZmqSecurity, ARefusedAgentGetsInOnceItsKeyIsAdded) {
  const auto server = bind(only_second());
  const auto agent = client(*server, kLane1, lane1_);
  run_until_said(*server, *agent, lane1_.public_key.str(), "refuses this agent's key");
  server->set_allowed(both());
  ASSERT_TRUE(agent->reconnect());
  EXPECT_FALSE(run(*server, *agent).empty());
}

TEST_F(ZmqSecurity, AnotherServersKeyIsToldFromARefusal) {
  const auto server = bind(both());
  const auto agent = connect({.endpoint = server->endpoint(),
                              .name = kLane1,
                              .security = ClientSecurity{lane1_, lane2_.public_key}});
  run_until_said(*server, *agent, "handshake failed", "--coordinator-key is not the key");
}

TEST_F(ZmqSecurity, APeerWithoutAKeyGetsNothing) {
  const auto server = bind(both());
  zmq::context_t context;
  zmq::socket_t peer(context, zmq::socket_type::dealer);
  peer.set(zmq::sockopt::linger, 0);
  peer.set(zmq::sockopt::routing_id, "lane-1/raw");
  peer.connect(server->endpoint());
  peer.send(zmq::buffer(std::string_view("hello")), zmq::send_flags::none);
  for (int i = 0; i < kTries && at_server_.said().empty(); ++i) {
    EXPECT_THAT(server->receive(kWait, {}).value(), IsEmpty());
  }
  EXPECT_THAT(at_server_.said(), Contains(HasSubstr("handshake failed: it has no key")));
  EXPECT_FALSE(server->send(kLane1, "secret"));
}

/// Listens on a port of the kernel's choice and pretends to be the coordinator.
class Impostor {
 public:
  /// `secret_key` empty: without keys at all.
  explicit Impostor(const std::string& secret_key) : router_(context_, zmq::socket_type::router) {
    router_.set(zmq::sockopt::linger, 0);
    if (!secret_key.empty()) {
      router_.set(zmq::sockopt::curve_server, true);
      router_.set(zmq::sockopt::curve_secretkey, secret_key);
    }
    router_.bind("tcp://127.0.0.1:0");
  }
  [[nodiscard]] std::string endpoint() { return router_.get(zmq::sockopt::last_endpoint); }
  [[nodiscard]] bool heard_something() {
    zmq::message_t part;
    return router_.recv(part, zmq::recv_flags::dontwait).has_value();
  }

 private:
  zmq::context_t context_;
  zmq::socket_t router_;
};

TEST_F(ZmqSecurity, AnAgentSaysNothingToWhoTookTheCoordinatorsPort) {
  for (const std::string& secret_key : {lane2_.secret_key.reveal(), std::string()}) {
    Impostor impostor(secret_key);
    const std::string refusal = "the handshake with " + impostor.endpoint() +
                                " fails: --coordinator-key is not the key of what listens there";
    const auto agent = connect({.endpoint = impostor.endpoint(),
                                .name = kLane1,
                                .security = ClientSecurity{lane1_, coordinator_.public_key}});
    for (int i = 0; i < kTries && !testing::Value(at_client_.said(), Contains(refusal)); ++i) {
      EXPECT_FALSE(agent->send(AgentName(), "hello"));
      EXPECT_THAT(agent->receive(kWait, {}).value(), IsEmpty());
      EXPECT_FALSE(impostor.heard_something());
    }
    EXPECT_THAT(at_client_.said(), Contains(refusal));
  }
}

TEST_F(ZmqSecurity, ARevokedAgentNeitherSpeaksNorHears) {
  const auto server = bind(both());
  const auto first = client(*server, kLane1, lane1_);
  const auto second = client(*server, kLane2, lane2_);
  ASSERT_FALSE(run(*server, *first).empty());
  server->set_allowed(only_second());
  EXPECT_FALSE(server->send(kLane1, "secret"));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(first->send(AgentName(), "still here"));
  }
  // What the other one says comes after it, so the silence is not an accident of time.
  const auto batch = run(*server, *second);
  ASSERT_FALSE(batch.empty());
  for (const Incoming& incoming : batch) {
    EXPECT_EQ(incoming.peer, kLane2);
  }
  EXPECT_THAT(first->receive(kWait, {}).value(), IsEmpty());
}

TEST_F(ZmqSecurity, AnAgentCannotSpeakAsAnother) {
  const auto server = bind(both());
  const auto honest = client(*server, kLane1, lane1_);
  ASSERT_FALSE(run(*server, *honest).empty());
  const auto thief = client(*server, kLane1, lane2_);
  run_until_said(*server, *thief, "dropped a message of lane-2, which says that it is lane-1", "");
}

TEST_F(ZmqSecurity, AnAgentCannotGetTheFramesOfAnother) {
  const auto server = bind(both());
  const auto honest = client(*server, kLane1, lane1_);
  ASSERT_FALSE(run(*server, *honest).empty());
  const auto thief = client(*server, kLane1, lane2_);
  run_until_said(*server, *thief, "dropped a message of lane-2", "");
  ASSERT_TRUE(server->send(kLane1, "for lane-1"));
  std::vector<Incoming> got;
  for (int i = 0; i < kTries && got.empty(); ++i) {
    got = honest->receive(kWait, {}).value();
  }
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got.front().frame, "for lane-1");
  EXPECT_THAT(thief->receive(kWait, {}).value(), IsEmpty());
}

milliseconds cpu_time() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto time = [](const timeval& value) {
    return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
  };
  return std::chrono::duration_cast<milliseconds>(time(use.ru_utime) + time(use.ru_stime));
}

TEST_F(ZmqSecurity, NobodyAtTheDoorCostsNothing) {
  const auto server = bind(both());
  const milliseconds before = cpu_time();
  constexpr milliseconds kIdle{600};
  EXPECT_THAT(server->receive(kIdle, {}).value(), IsEmpty());
  EXPECT_LT(cpu_time() - before, kIdle / 3) << "a thread spins";
}

TEST_F(ZmqSecurity, ThereIsOneCheckOfKeysPerContext) {
  const auto server = bind(both());
  const auto second = ZmqServer::bind(context_, {.endpoint = "tcp://127.0.0.1:0",
                                                 .security = ServerSecurity{coordinator_, both()}});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("cannot start the check of keys"));
}

}  // namespace
}  // namespace ocibench::protocol
