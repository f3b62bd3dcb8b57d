#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "protocol/key.hpp"
#include "protocol/transport.hpp"
#include "protocol/zmq_context.hpp"

namespace ocibench::protocol {

struct ClientSecurity {
  KeyPair keys;
  PublicKey server;
};

struct ClientSettings {
  std::string endpoint;  ///< "tcp://10.0.0.5:5570"
  AgentName name;
  ClientSecurity security;
  /// A sentence for people whenever something else than before is known about the connection.
  /// Called by receive().
  std::function<void(const std::string& text)> notice = [](const std::string&) {};
};

/// An agent's side: a DEALER with the agent's name and a random part as routing id. Connects in the
/// background and again after a loss; send() is unavailable meanwhile, nothing piles up. The peer
/// of send() is ignored: there is only the coordinator.
class ZmqClient final : public Transport {
 public:
  /// Errors: bad_input (the endpoint, the name), io.
  static Result<std::unique_ptr<ZmqClient>> connect(ZmqContext& context, ClientSettings settings);
  ~ZmqClient() override;

  Result<void> send(const AgentName& peer, std::string_view frame) override;
  Result<std::vector<Incoming>> receive(std::chrono::milliseconds timeout,
                                        const std::vector<int>& also) override;
  /// libzmq itself never tries again once its key was refused.
  Result<void> reconnect() override;

 private:
  struct Sockets;
  ZmqClient(ZmqContext& context, ClientSettings settings);
  Result<void> open();
  void watch_connection();

  ZmqContext& context_;
  ClientSettings settings_;
  std::string routing_id_;
  std::unique_ptr<Sockets> sockets_;
  bool connected_ = false;
  std::string said_;  ///< the last notice
};

}  // namespace ocibench::protocol
