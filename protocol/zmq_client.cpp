#include "protocol/zmq_client.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/host.hpp"
#include "common/model/names.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/validate.hpp"
#include "protocol/zmq_socket.hpp"

namespace ocibench::protocol {
namespace {

constexpr int kReconnectMs = 250;
constexpr int kReconnectMaxMs = 10'000;

constexpr int kEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                        ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED;

/// What an event of libzmq means for who runs the agent; empty: nothing new.
std::string meaning_of(int event, const ClientSettings& settings, bool was_connected) {
  const std::string& endpoint = settings.endpoint;
  switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return fmt::format("connected to the coordinator at {}", endpoint);
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return fmt::format(
          "the coordinator at {} refuses this agent's key {}: put {}.pub into its --agents folder "
          "(trying again meanwhile)",
          endpoint, settings.security.keys.public_key.str(), settings.name.str());
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      return fmt::format(
          "the handshake with {} fails: --coordinator-key is not the key of what listens there",
          endpoint);
    case ZMQ_EVENT_DISCONNECTED:
      return was_connected ? fmt::format("lost the connection to {}", endpoint) : std::string();
    default: return fmt::format("nobody listens at {} yet", endpoint);
  }
}

}  // namespace

struct ZmqClient::Sockets {
  explicit Sockets(zmq::context_t& context)
      : dealer(context, zmq::socket_type::dealer), connection(context, dealer, kEvents) {}

  zmq::socket_t dealer;
  SocketMonitor connection;
};

ZmqClient::ZmqClient(ZmqContext& context, ClientSettings settings)
    : context_(context),
      settings_(std::move(settings)),
      routing_id_(fmt::format("{}/{}", settings_.name.str(), random_hex())) {}
ZmqClient::~ZmqClient() = default;

Result<std::unique_ptr<ZmqClient>> ZmqClient::connect(ZmqContext& context,
                                                      ClientSettings settings) {
  if (auto sound = check_endpoint(settings.endpoint, EndpointUse::connect); !sound) {
    return tl::unexpected(sound.error());
  }
  if (!is_agent_name(settings.name.str())) {
    return fail(ErrorCode::bad_input,
                fmt::format("'{}' cannot be an agent's name: 1 to {} of a-z, 0-9 and '-'",
                            settings.name.str(), kMaxNameBytes));
  }
  std::unique_ptr<ZmqClient> client(new ZmqClient(context, std::move(settings)));
  if (auto opened = client->open(); !opened) {
    return tl::unexpected(opened.error());
  }
  return client;
}

Result<void> ZmqClient::open() {
  try {
    sockets_ = std::make_unique<Sockets>(context_.state().context);
    zmq::socket_t& dealer = sockets_->dealer;
    set_common_options(dealer);
    dealer.set(zmq::sockopt::routing_id, routing_id_);
    dealer.set(zmq::sockopt::immediate, true);
    dealer.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
    dealer.set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
    const ClientSecurity& security = settings_.security;
    dealer.set(zmq::sockopt::curve_serverkey, security.server.str());
    dealer.set(zmq::sockopt::curve_publickey, security.keys.public_key.str());
    dealer.set(zmq::sockopt::curve_secretkey, security.keys.secret_key.reveal());
    dealer.connect(settings_.endpoint);
    return {};
  } catch (const zmq::error_t& error) {
    return failure(fmt::format("cannot connect to {}", settings_.endpoint), error);
  }
}

Result<void> ZmqClient::reconnect() {
  connected_ = false;
  sockets_->dealer.set(zmq::sockopt::linger, 0);
  sockets_.reset();
  return open();
}

Result<void> ZmqClient::send(const AgentName&, std::string_view frame) {
  if (auto fits = check_size(frame); !fits) {
    return fits;
  }
  try {
    if (put_part(sockets_->dealer, frame, zmq::send_flags::none)) {
      return {};
    }
  } catch (const zmq::error_t& error) {
    return failure("cannot send", error);
  }
  return fail(ErrorCode::unavailable,
              "the coordinator is not connected, or the queue to it is full");
}

Result<std::vector<Incoming>> ZmqClient::receive(std::chrono::milliseconds timeout,
                                                 const std::vector<int>& also) {
  std::vector<Incoming> batch;
  try {
    wait_readable({&sockets_->dealer, &sockets_->connection.socket()}, also,
                  std::max(timeout, std::chrono::milliseconds(0)));
    watch_connection();
    take_batch(sockets_->dealer, 1, [&](const std::vector<zmq::message_t>& parts) {
      batch.push_back({AgentName(), parts.front().to_string()});
    });
  } catch (const zmq::error_t& error) {
    return failure("cannot receive", error);
  }
  return batch;
}

void ZmqClient::watch_connection() {
  while (const auto event = sockets_->connection.next()) {
    const std::string text = meaning_of(event->what, settings_, connected_);
    connected_ = event->what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    if (!text.empty() && text != said_) {
      said_ = text;
      settings_.notice(text);
    }
  }
}

}  // namespace ocibench::protocol
