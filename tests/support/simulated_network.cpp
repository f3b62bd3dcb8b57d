#include "tests/support/simulated_network.hpp"

#include <algorithm>

#include "protocol/codec.hpp"

namespace ocibench::testing_support {

using protocol::Incoming;

class SimulatedNetwork::Server final : public protocol::Transport {
 public:
  explicit Server(SimulatedNetwork& network) : network_(network) {}

  Result<void> send(const AgentName& peer, std::string_view frame) override {
    const auto link = network_.links_.find(peer);
    if (link == network_.links_.end() || link->second.connection == 0) {
      return fail(ErrorCode::unavailable, peer.str() + " is not connected");
    }
    return network_.send({peer, Direction::to_client, link->second.connection, std::string(frame)});
  }

  Result<std::vector<Incoming>> receive(std::chrono::milliseconds,
                                        const std::vector<int>&) override {
    return network_.receive(Direction::to_server, 0);
  }

 private:
  SimulatedNetwork& network_;
};

class SimulatedNetwork::Client final : public protocol::Transport {
 public:
  Client(SimulatedNetwork& network, AgentName name, ConnectionId connection)
      : network_(network), name_(std::move(name)), connection_(connection) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override {
    Link& link = network_.links_[name_];
    if (link.connection == connection_) {
      link.connection = 0;
    }
    std::erase_if(network_.under_way_, [this](const auto& entry) {
      return entry.second.direction == Direction::to_client &&
             entry.second.connection == connection_;
    });
  }

  Result<void> send(const AgentName&, std::string_view frame) override {
    return network_.send({name_, Direction::to_server, connection_, std::string(frame)});
  }

  Result<std::vector<Incoming>> receive(std::chrono::milliseconds,
                                        const std::vector<int>&) override {
    return network_.receive(Direction::to_client, connection_);
  }

 private:
  SimulatedNetwork& network_;
  AgentName name_;
  ConnectionId connection_;
};

SimulatedNetwork::SimulatedNetwork(std::uint64_t seed, FaultPlan plan)
    : random_(seed), plan_(plan), server_(std::make_unique<Server>(*this)) {}

std::unique_ptr<protocol::Transport> SimulatedNetwork::client(AgentName name) {
  links_[name].connection = ++last_connection_;
  return std::make_unique<Client>(*this, std::move(name), last_connection_);
}

void SimulatedNetwork::advance_to(MonoTime time) {
  OCIBENCH_ASSERT(time >= now_);
  now_ = time;
}

std::optional<MonoTime> SimulatedNetwork::next_event() const {
  return under_way_.empty() ? std::nullopt : std::optional(under_way_.begin()->first.first);
}

void SimulatedNetwork::partition(const AgentName& name, MonoTime until) {
  links_[name].partitioned_until = until;
  std::erase_if(under_way_, [&](const auto& entry) { return entry.second.agent == name; });
}

/// Uniform in [0, 1), the same with every standard library.
double SimulatedNetwork::chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

Result<void> SimulatedNetwork::send(Frame frame) {
  if (frame.bytes.size() > protocol::kMaxFrameBytes) {
    return fail(ErrorCode::limit, "the frame is larger than kMaxFrameBytes");
  }
  const auto queued = std::ranges::count_if(under_way_, [&](const auto& entry) {
    return entry.second.agent == frame.agent && entry.second.direction == frame.direction;
  });
  if (static_cast<std::size_t>(queued) >= plan_.queue_frames) {
    return fail(ErrorCode::unavailable, "the queue is full");
  }
  Link& link = links_[frame.agent];
  const bool displaced = link.connection != frame.connection;
  // Drawn for every frame, so that a partition does not shift what befalls later frames.
  const bool lost = chance() < plan_.loss;
  const bool duplicated = chance() < plan_.duplicate;
  if (displaced || lost || now_ < link.partitioned_until) {
    return {};
  }
  if (duplicated) {
    put_under_way(link, frame);
  }
  put_under_way(link, std::move(frame));
  return {};
}

void SimulatedNetwork::put_under_way(Link& link, Frame frame) {
  const auto spread = static_cast<double>((plan_.max_delay - plan_.min_delay).count());
  const auto delay =
      plan_.min_delay + std::chrono::nanoseconds(static_cast<std::int64_t>(spread * chance()));
  MonoTime arrival = now_ + delay;
  MonoTime& last = link.last_arrival[static_cast<std::size_t>(frame.direction)];
  if (chance() < plan_.reorder) {
    arrival = std::max(arrival, last) + plan_.max_delay;  // and later frames need not wait for it
  } else {
    arrival = last = std::max(arrival, last);
  }
  under_way_.emplace(std::pair(arrival, frames_sent_++), std::move(frame));
}

std::vector<Incoming> SimulatedNetwork::receive(Direction direction, ConnectionId connection) {
  using protocol::Transport;
  std::vector<Incoming> batch;
  std::size_t bytes = 0;
  for (auto at = under_way_.begin(); at != under_way_.end() && at->first.first <= now_ &&
                                     batch.size() < Transport::kMaxBatch &&
                                     bytes < Transport::kMaxBatchBytes;) {
    Frame& frame = at->second;
    const bool to_server = direction == Direction::to_server;
    if (frame.direction != direction || (!to_server && frame.connection != connection)) {
      ++at;
      continue;
    }
    bytes += frame.bytes.size();
    batch.push_back({to_server ? frame.agent : AgentName(), std::move(frame.bytes)});
    at = under_way_.erase(at);
  }
  return batch;
}

}  // namespace ocibench::testing_support
