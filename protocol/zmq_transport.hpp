#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "protocol/transport.hpp"

namespace ocibench::protocol {

/// libzmq's I/O thread. One per process: with several, libsodium's random source is shut down under
/// the others' feet (libzmq issue 4242). Requires: outlives every transport made with it.
class ZmqContext {
 public:
  ZmqContext();
  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;
  /// Waits for undelivered frames, kLinger per socket at most.
  ~ZmqContext();

 private:
  friend class ZmqServer;
  friend class ZmqClient;
  struct State;
  std::unique_ptr<State> state_;
};

struct ZmqSocket;

/// The coordinator's side: a ROUTER. send() reaches an agent from the moment it has connected; a
/// newcomer with the name of a connected agent takes its place. Frames from peers whose routing id
/// is not an agent's name are dropped, and so are messages of more than one frame.
class ZmqServer final : public Transport {
 public:
  /// `endpoint` is "tcp://127.0.0.1:PORT", port 0 for one that is free. Errors: bad_input (not an
  /// address of this kind; loopback only, as there are no keys), limit (too few file descriptors),
  /// io (in use).
  static Result<std::unique_ptr<ZmqServer>> bind(ZmqContext& context, const std::string& endpoint);
  ~ZmqServer() override;

  /// What agents connect to, with the real port.
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  Result<void> send(const AgentName& peer, std::string_view frame) override;
  Result<std::vector<Incoming>> receive(std::chrono::milliseconds timeout,
                                        const std::vector<int>& also) override;

 private:
  ZmqServer(std::unique_ptr<ZmqSocket> socket, std::string endpoint);
  std::unique_ptr<ZmqSocket> socket_;
  std::string endpoint_;
};

/// An agent's side: a DEALER with the agent's name as routing id. Connects in the background and
/// again after a loss; send() is unavailable meanwhile, nothing piles up. The peer of send() is
/// ignored: there is only the coordinator.
class ZmqClient final : public Transport {
 public:
  /// Errors: bad_input (the endpoint, as for bind; the name), io.
  static Result<std::unique_ptr<ZmqClient>> connect(ZmqContext& context,
                                                    const std::string& endpoint,
                                                    const AgentName& name);
  ~ZmqClient() override;

  Result<void> send(const AgentName& peer, std::string_view frame) override;
  Result<std::vector<Incoming>> receive(std::chrono::milliseconds timeout,
                                        const std::vector<int>& also) override;

 private:
  explicit ZmqClient(std::unique_ptr<ZmqSocket> socket);
  std::unique_ptr<ZmqSocket> socket_;
};

}  // namespace ocibench::protocol
