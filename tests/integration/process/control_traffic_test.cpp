// What agent and coordinator say to each other, against what we count for it.

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/sampling/net_dev.hpp"
#include "agent/trial_mailbox.hpp"
#include "common/file.hpp"
#include "tests/support/key_ring.hpp"
#include "tests/support/network_namespaces.hpp"

namespace ocibench::agent {
namespace {

using protocol::Link;
using std::chrono::milliseconds;
using testing_support::KeyRing;
using testing_support::NetworkNamespaces;

const AgentName kSpeaker{"lane-1"};
constexpr std::size_t kAnswerBytes = 60;
constexpr milliseconds kPause{100};  // as between two heartbeats: longer than TCP waits with an
                                     // acknowledgement

InterfaceCounters counters_of(const std::string& interface) {
  const auto text = read_file("/proc/thread-self/net/dev", 1'000'000).value();
  return find_in_net_dev(text, interface).value();
}

/// A coordinator that answers each frame, on a thread and a host of its own.
class AnsweringServer {
 public:
  AnsweringServer(const NetworkNamespaces& hosts, std::size_t host, const std::string& address,
                  const KeyRing& keys)
      : thread_([this, &hosts, host, address, &keys] {
          hosts.enter(host);
          protocol::ZmqContext context;
          auto server = protocol::ZmqServer::bind(
              context, {.endpoint = "tcp://" + address + ":0", .security = keys.server()});
          endpoint_ = server.value()->endpoint();
          listening_ = true;
          while (!stop_) {
            const auto frames = (*server)->receive(milliseconds(10), {}).value();
            for (const protocol::Incoming& frame : frames) {
              (void)(*server)->send(frame.peer, std::string(kAnswerBytes, 'a'));
            }
          }
        }) {}
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;
  ~AnsweringServer() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::string endpoint() const {
    while (!listening_) {
      std::this_thread::yield();
    }
    return endpoint_;
  }

 private:
  std::string endpoint_;
  std::atomic<bool> listening_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// Sends one frame, counts it and what comes as an agent's loop does, and pauses.
void exchange(protocol::Transport& client, TrialMailbox& counted, std::size_t frame_bytes) {
  while (!client.send(AgentName(), std::string(frame_bytes, 'q'))) {
    (void)client.receive(kPause, {});  // not connected yet
  }
  counted.count_sent(frame_bytes);
  for (std::size_t got = 0; got == 0;) {
    const auto answers = client.receive(kPause, {}).value();
    for (const protocol::Incoming& answer : answers) {
      counted.count_received(answer.frame.size());
    }
    got = answers.size();
  }
  EXPECT_TRUE(client.receive(kPause, {}).value().empty());
}

struct Seen {
  InterfaceCounters by_interface;
  ControlTraffic by_us;
};

/// What flows in a measured window, where uploads are held back: small frames. From host 0.
Seen talk(const NetworkNamespaces& hosts, const std::string& endpoint, const std::string& interface,
          const KeyRing& keys, Link link) {
  Seen seen;
  std::thread([&] {
    hosts.enter(0);
    protocol::ZmqContext context;
    const auto client =
        protocol::ZmqClient::connect(
            context, {.endpoint = endpoint, .name = kSpeaker, .security = keys.client(kSpeaker)})
            .value();
    TrialMailbox before(link);
    exchange(*client, before, 1);  // the handshake, and what a young connection does
    exchange(*client, before, 1);
    TrialMailbox counted(link);
    const InterfaceCounters first = counters_of(interface);
    constexpr int kRounds = 15;
    for (int i = 0; i < kRounds; ++i) {
      for (const std::size_t frame_bytes : {60U, 100U, 400U}) {
        exchange(*client, counted, frame_bytes);
      }
    }
    seen = {difference(first, counters_of(interface)).value(), counted.control_traffic()};
  }).join();
  return seen;
}

void expect_near(std::uint64_t counted, std::uint64_t seen) {
  EXPECT_NEAR(static_cast<double>(counted) / static_cast<double>(seen), 1.0, 0.03)
      << counted << " counted, " << seen << " seen";
}

TEST(ControlTraffic, IsWhatTheLoopbackInterfaceCounts) {
  if (!NetworkNamespaces::permitted()) {
    GTEST_SKIP() << "needs root and iproute2 for a network namespace";
  }
  const NetworkNamespaces hosts(1);
  const KeyRing keys{kSpeaker};
  const AnsweringServer server(hosts, 0, "127.0.0.1", keys);
  const Seen seen = talk(hosts, server.endpoint(), "lo", keys, Link::loopback);
  expect_near(seen.by_us.sent_bytes + seen.by_us.received_bytes, seen.by_interface.tx_bytes);
}

TEST(ControlTraffic, IsWhatAnEthernetInterfaceCountsInEachDirection) {
  if (!NetworkNamespaces::permitted()) {
    GTEST_SKIP() << "needs root and iproute2 for a network namespace";
  }
  const NetworkNamespaces hosts(2);
  const KeyRing keys{kSpeaker};
  const AnsweringServer server(hosts, 1, hosts.address(1), keys);
  const Seen seen = talk(hosts, server.endpoint(), "eth0", keys, Link::ethernet);
  expect_near(seen.by_us.sent_bytes, seen.by_interface.tx_bytes);
  expect_near(seen.by_us.received_bytes, seen.by_interface.rx_bytes);
}

}  // namespace
}  // namespace ocibench::agent
