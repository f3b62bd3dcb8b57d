#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.hpp"
#include "common/model/ids.hpp"
#include "protocol/transport.hpp"

namespace ocibench::testing_support {

/// What a network does to frames; shares are 0..1.
struct FaultPlan {
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;  ///< of frames that later ones overtake; needs max_delay > 0
  std::chrono::nanoseconds min_delay{0};
  std::chrono::nanoseconds max_delay{0};
  std::size_t queue_frames = 256;  ///< under way to or from one agent; more are not taken
};

/// A network in memory on simulated time, for one thread: the same seed and the same calls give the
/// same run. One server, any number of clients; they behave like ZmqServer and ZmqClient, but
/// receive() never waits and ignores descriptors.
class SimulatedNetwork {
 public:
  explicit SimulatedNetwork(std::uint64_t seed, FaultPlan plan = {});

  [[nodiscard]] protocol::Transport& server() { return *server_; }
  /// Connected until it is destroyed or a newcomer takes its name. Requires: the network outlives
  /// it.
  [[nodiscard]] std::unique_ptr<protocol::Transport> client(AgentName name);

  [[nodiscard]] MonoTime now() const { return now_; }
  /// Requires: `time` is not before now().
  void advance_to(MonoTime time);
  /// When the earliest frame under way arrives; not after now() if it waits to be received.
  [[nodiscard]] std::optional<MonoTime> next_event() const;

  /// Until then every frame to and from the agent is lost, those under way too.
  void partition(const AgentName& name, MonoTime until);
  /// The server's process ended and another began: what was under way is lost.
  void restart_server() { under_way_.clear(); }

 private:
  class Server;
  class Client;
  using ConnectionId = std::uint64_t;
  enum class Direction { to_server, to_client };

  struct Link {
    ConnectionId connection = 0;  ///< of the client that has the name now; 0 is none
    MonoTime partitioned_until{};
    MonoTime last_arrival[2]{};  ///< by Direction: without faults, order is kept
  };
  struct Frame {
    AgentName agent;
    Direction direction = Direction::to_server;
    ConnectionId connection = 0;
    std::string bytes;
  };
  /// By arrival, then by order of sending.
  using UnderWay = std::map<std::pair<MonoTime, std::uint64_t>, Frame>;

  Result<void> send(Frame frame);
  std::vector<protocol::Incoming> receive(Direction direction, ConnectionId connection);
  void put_under_way(Link& link, Frame frame);
  double chance();

  std::mt19937_64 random_;
  FaultPlan plan_;
  MonoTime now_{};
  std::uint64_t frames_sent_ = 0;
  ConnectionId last_connection_ = 0;
  std::map<AgentName, Link> links_;
  UnderWay under_way_;
  std::unique_ptr<protocol::Transport> server_;
};

}  // namespace ocibench::testing_support
