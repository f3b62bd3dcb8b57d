#include "protocol/zmq_server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/model/names.hpp"
#include "protocol/authenticator.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/validate.hpp"
#include "protocol/zmq_socket.hpp"

namespace ocibench::protocol {
namespace {

constexpr int kBacklog = 1024;
constexpr std::size_t kFrameParts = 2;  // the sender's routing id, and the frame
// Out of descriptors, libzmq's I/O thread spins: a connection that ends and one that begins may be
// open at once, and the rest of the program needs some.
constexpr rlim_t kOpenFilesPerAgent = 3;
constexpr rlim_t kOpenFilesBeside = 256;
constexpr rlim_t kMinOpenFiles = 512;
constexpr int kFailedHandshakes =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

/// Raises the soft limit as far as it may go.
Result<void> need_open_files(std::size_t agents) {
  const rlim_t needed = std::max(kMinOpenFiles, kOpenFilesBeside + kOpenFilesPerAgent * agents);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) {
    return {};
  }
  const rlimit raised{std::min(needed, limit.rlim_max), limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0 && raised.rlim_cur >= needed) {
    return {};
  }
  return fail(ErrorCode::limit,
              fmt::format("the limit of open files is {}; {} agents need {} (ulimit -n, or "
                          "LimitNOFILE= of the service)",
                          limit.rlim_cur, agents, needed));
}

AgentName name_in(std::string_view routing_id) {
  return AgentName(std::string(routing_id.substr(0, routing_id.find('/'))));
}

/// Whose key brought this message. Nothing: the authenticator did not put it there.
std::optional<Caller> caller_of(zmq::message_t& part) {
  try {
    return parse_user_id(part.gets("User-Id"));
  } catch (const zmq::error_t&) {
    return std::nullopt;
  }
}

}  // namespace

struct ZmqServer::Sockets {
  explicit Sockets(zmq::context_t& context)
      : router(context, zmq::socket_type::router), handshakes(context, router, kFailedHandshakes) {}

  zmq::socket_t router;
  SocketMonitor handshakes;
};

ZmqServer::ZmqServer(ServerSettings settings) : settings_(std::move(settings)) {}
ZmqServer::~ZmqServer() = default;

Result<std::unique_ptr<ZmqServer>> ZmqServer::bind(ZmqContext& context, ServerSettings settings) {
  if (auto sound = check_endpoint(settings.endpoint, EndpointUse::listen); !sound) {
    return tl::unexpected(sound.error());
  }
  if (auto enough = need_open_files(settings.security.allowed.names().size()); !enough) {
    return tl::unexpected(enough.error());
  }
  std::unique_ptr<ZmqServer> server(new ZmqServer(std::move(settings)));
  if (auto listening = server->listen(context); !listening) {
    return tl::unexpected(listening.error());
  }
  return server;
}

Result<void> ZmqServer::listen(ZmqContext& context) {
  auto authenticator = Authenticator::start(
      context, settings_.security.allowed,
      [this](const std::string& address, const PublicKey& key) { note_refusal(address, key); });
  if (!authenticator) {
    return tl::unexpected(authenticator.error());
  }
  authenticator_ = *std::move(authenticator);
  try {
    sockets_ = std::make_unique<Sockets>(context.state().context);
    zmq::socket_t& router = sockets_->router;
    set_common_options(router);
    router.set(zmq::sockopt::router_mandatory, true);  // or a full queue loses frames in silence
    router.set(zmq::sockopt::router_handover, true);   // or a reconnected agent is ignored
    router.set(zmq::sockopt::backlog, kBacklog);
    router.set(zmq::sockopt::curve_server, true);
    router.set(zmq::sockopt::curve_secretkey, settings_.security.keys.secret_key.reveal());
    router.set(zmq::sockopt::zap_domain, "ocibench");
    router.bind(settings_.endpoint);
    endpoint_ = router.get(zmq::sockopt::last_endpoint);
    return {};
  } catch (const zmq::error_t& error) {
    return failure(fmt::format("cannot listen on {}", settings_.endpoint), error);
  }
}

void ZmqServer::set_allowed(AllowList allowed) { authenticator_->set_allowed(std::move(allowed)); }

void ZmqServer::note_refusal(const std::string& address, const PublicKey& key) {
  const auto line = [&] {
    const MutexLock lock(refusals_.mutex);
    return refusals_.lines.line(
        key.str(), fmt::format("refused {}: its key {} is none of the agents that may come; if it "
                               "should, put its .pub file into --agents",
                               address, key.str()));
  }();
  if (line) {
    settings_.notice(*line);
  }
}

Result<void> ZmqServer::send(const AgentName& peer, std::string_view frame) {
  if (auto fits = check_size(frame); !fits) {
    return fits;
  }
  const auto known = peers_.find(peer);
  const bool may_get = known != peers_.end() && authenticator_->allows(known->second.caller);
  try {
    if (may_get && put_part(sockets_->router, known->second.routing_id, zmq::send_flags::sndmore) &&
        put_part(sockets_->router, frame, zmq::send_flags::none)) {
      return {};
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) {
      return failure("cannot send", error);
    }
  }
  return fail(ErrorCode::unavailable,
              fmt::format("{} is not connected, or its queue is full", peer.str()));
}

Result<std::vector<Incoming>> ZmqServer::receive(std::chrono::milliseconds timeout,
                                                 const std::vector<int>& also) {
  if (!authenticator_->running()) {
    return fail(ErrorCode::internal, "the check of keys has stopped: nobody is let in any more");
  }
  std::vector<Incoming> batch;
  try {
    wait_readable({&sockets_->router}, also, std::max(timeout, std::chrono::milliseconds(0)));
    watch_handshakes();
    take_batch(sockets_->router, kFrameParts, [&](std::vector<zmq::message_t>& parts) {
      auto caller = caller_of(parts[1]);
      if (!caller) {
        return;
      }
      Peer peer{.routing_id = parts[0].to_string(), .caller = *std::move(caller)};
      if (const AgentName name = name_in(peer.routing_id); may_speak(name, peer)) {
        peers_[name] = std::move(peer);
        batch.push_back({name, parts[1].to_string()});
      }
    });
  } catch (const zmq::error_t& error) {
    return failure("cannot receive", error);
  }
  return batch;
}

bool ZmqServer::may_speak(const AgentName& name, const Peer& peer) {
  if (!is_agent_name(name.str()) || (peers_.size() >= kMaxPeers && !peers_.contains(name))) {
    return false;
  }
  if (!authenticator_->allows(peer.caller)) {
    return false;  // its key was taken off the list after it had connected
  }
  if (peer.caller.name != name) {
    if (const auto line = misuse_.line(
            peer.caller.name.str(), fmt::format("dropped a message of {}, which says that it is {}",
                                                peer.caller.name.str(), name.str()))) {
      settings_.notice(*line);
    }
    return false;
  }
  return true;
}

void ZmqServer::watch_handshakes() {
  while (sockets_->handshakes.next()) {
    const auto line = misuse_.line(
        std::string(),
        "a peer's handshake failed: it has no key, or another --coordinator-key than ours");
    if (line) {
      settings_.notice(*line);
    }
  }
}

}  // namespace ocibench::protocol
