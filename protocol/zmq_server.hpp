#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/ids.hpp"
#include "common/mutex.hpp"
#include "protocol/allow_list.hpp"
#include "protocol/key.hpp"
#include "protocol/log_throttle.hpp"
#include "protocol/transport.hpp"
#include "protocol/zap.hpp"
#include "protocol/zmq_context.hpp"

namespace ocibench::protocol {

class Authenticator;

/// A sentence for people about who comes and who is turned away. Called from several threads.
using LinkNotice = std::function<void(const std::string& text)>;

struct ServerSecurity {
  KeyPair keys;
  AllowList allowed;
};

struct ServerSettings {
  std::string endpoint;  ///< "tcp://0.0.0.0:5570", port 0 for one that is free
  ServerSecurity security;
  LinkNotice notice = [](const std::string&) {};
};

/// The coordinator's side: a ROUTER. An agent's routing id is its name and a random part that
/// nobody else knows, so that no other agent, though it has a key, can take its place or get its
/// frames; send() goes to the connection that spoke last under a name. A frame counts only
/// under the name that its sender's key has in the allow list at that moment; others, messages of
/// more than one frame and names that are none are dropped.
class ZmqServer final : public Transport {
 public:
  static constexpr std::size_t kMaxPeers = 8192;

  /// Errors: bad_input (endpoint), limit (too few file descriptors), io (in use).
  static Result<std::unique_ptr<ZmqServer>> bind(ZmqContext& context, ServerSettings settings);
  ~ZmqServer() override;

  /// What agents connect to, with the real port.
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  /// Admits and turns away from now on; who is connected already, too.
  void set_allowed(AllowList allowed);

  Result<void> send(const AgentName& peer, std::string_view frame) override;
  /// Errors also: internal (nobody checks keys any more).
  Result<std::vector<Incoming>> receive(std::chrono::milliseconds timeout,
                                        const std::vector<int>& also) override;

 private:
  struct Sockets;
  struct Peer {
    std::string routing_id;
    Caller caller;
  };
  /// Lines about those whose key is not in the allow list: from the thread that checks keys.
  struct Refusals {
    Mutex mutex;
    LogThrottle lines OCIBENCH_GUARDED_BY(mutex);
  };

  explicit ZmqServer(ServerSettings settings);
  Result<void> listen(ZmqContext& context);
  void watch_handshakes();
  void note_refusal(const std::string& address, const PublicKey& key);
  bool may_speak(const AgentName& name, const Peer& peer);

  ServerSettings settings_;
  std::string endpoint_;
  Refusals refusals_;
  LogThrottle misuse_;  // by the name of the key; failed handshakes have none
  std::unique_ptr<Authenticator> authenticator_;  // starts before the sockets and ends after them
  std::unique_ptr<Sockets> sockets_;
  std::map<AgentName, Peer> peers_;
};

}  // namespace ocibench::protocol
