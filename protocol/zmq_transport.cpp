#include "protocol/zmq_transport.hpp"

#include <arpa/inet.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <zmq.hpp>

#include "protocol/codec.hpp"
#include "protocol/validate.hpp"

namespace ocibench::protocol {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLinger = seconds(1);
constexpr milliseconds kHandshake = seconds(3);
// ZMTP's own heartbeats find a dead link; that the peer's loop lives, only our Heartbeat shows. The
// time to live must stay below 65.5 s: libzmq 4.3.4 keeps it in 16 bits of deciseconds.
constexpr milliseconds kLinkHeartbeat = seconds(5);
constexpr milliseconds kLinkTimeout = seconds(15);
constexpr milliseconds kLinkTimeToLive = seconds(20);
constexpr milliseconds kReconnect{250};
constexpr milliseconds kReconnectMax = seconds(10);
constexpr int kQueuedFrames = 256;  // per peer and direction; the socket option counts messages
constexpr int kBacklog = 1024;
constexpr rlim_t kMinOpenFiles = 512;  // out of descriptors, libzmq's I/O thread spins

int count(milliseconds duration) { return static_cast<int>(duration.count()); }

tl::unexpected<Error> failure(std::string_view what, const zmq::error_t& error) {
  return fail(ErrorCode::io, fmt::format("{}: {}", what, error.what()));
}

/// libzmq itself takes port 99999 and listens on 34463.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> check_endpoint(const std::string& endpoint) {
  constexpr std::string_view kScheme = "tcp://";
  constexpr std::uint32_t kLoopbackNet = 127;
  const std::size_t colon = std::max(endpoint.rfind(':'), kScheme.size());
  in_addr address{};
  if (!endpoint.starts_with(kScheme) || colon >= endpoint.size() ||
      ::inet_pton(AF_INET, endpoint.substr(kScheme.size(), colon - kScheme.size()).c_str(),
                  &address) != 1 ||
      !is_port(std::string_view(endpoint).substr(colon + 1))) {
    return fail(ErrorCode::bad_input,
                fmt::format("'{}' is not an endpoint like tcp://127.0.0.1:7171", endpoint));
  }
  if (ntohl(address.s_addr) >> 24 != kLoopbackNet) {
    return fail(ErrorCode::bad_input,
                fmt::format("{} can be reached by others, and this program has no keys to tell who "
                            "they are; use a loopback address, tcp://127.0.0.1:PORT",
                            endpoint));
  }
  return {};
}

Result<void> check_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kMinOpenFiles) {
    return fail(ErrorCode::limit,
                fmt::format("the limit of open files is {}; raise it to {} or more (ulimit -n)",
                            limit.rlim_cur, kMinOpenFiles));
  }
  return {};
}

void set_common_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, count(kLinger));
  socket.set(zmq::sockopt::handshake_ivl, count(kHandshake));
  socket.set(zmq::sockopt::heartbeat_ivl, count(kLinkHeartbeat));
  socket.set(zmq::sockopt::heartbeat_timeout, count(kLinkTimeout));
  socket.set(zmq::sockopt::heartbeat_ttl, count(kLinkTimeToLive));
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMaxFrameBytes));
  socket.set(zmq::sockopt::sndhwm, kQueuedFrames);
  socket.set(zmq::sockopt::rcvhwm, kQueuedFrames);
}

Result<void> check_size(std::string_view frame) {
  if (frame.size() > kMaxFrameBytes) {
    return fail(ErrorCode::limit,
                fmt::format("a frame of {} bytes is larger than {}", frame.size(), kMaxFrameBytes));
  }
  return {};
}

/// Repeats a call that a signal cut short: giving up between two parts would glue messages
/// together.
template <class Call>
auto uninterrupted(const Call& call) {
  for (;;) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) {
        throw;
      }
    }
  }
}

enum class Parts { payload, sender_and_payload };

}  // namespace

struct ZmqContext::State {
  zmq::context_t context;
};

struct ZmqSocket {
  zmq::socket_t socket;
  Parts parts;

  Result<void> send(const std::string& peer, std::string_view frame);
  Result<std::vector<Incoming>> receive(milliseconds timeout, const std::vector<int>& also);

 private:
  bool put_part(std::string_view bytes, zmq::send_flags more);
  bool take_part(zmq::message_t& part);
  bool take_message(std::vector<Incoming>& batch);
};

/// Requires: `peer` is empty on a DEALER.
Result<void> ZmqSocket::send(const std::string& peer, std::string_view frame) {
  if (Result<void> fits = check_size(frame); !fits) {
    return fits;
  }
  try {
    const bool addressed = parts == Parts::payload || put_part(peer, zmq::send_flags::sndmore);
    if (addressed && put_part(frame, zmq::send_flags::none)) {
      return {};
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) {
      return failure("cannot send", error);
    }
  }
  return fail(ErrorCode::unavailable, fmt::format("{} is not connected, or its queue is full",
                                                  peer.empty() ? "the coordinator" : peer));
}

/// False when the peer's queue is full.
bool ZmqSocket::put_part(std::string_view bytes, zmq::send_flags more) {
  zmq::message_t part(bytes.data(), bytes.size());
  return uninterrupted([&] { return socket.send(part, more | zmq::send_flags::dontwait); })
      .has_value();
}

/// The next part that is there already; false when there is none.
bool ZmqSocket::take_part(zmq::message_t& part) {
  return uninterrupted([&] { return socket.recv(part, zmq::recv_flags::dontwait); }).has_value();
}

/// Takes one whole message off the socket and keeps it if it has the parts that it should have.
/// False when there was none.
bool ZmqSocket::take_message(std::vector<Incoming>& batch) {
  zmq::message_t part;
  if (!take_part(part)) {
    return false;
  }
  Incoming incoming;
  bool wanted = true;
  if (parts == Parts::sender_and_payload) {
    incoming.peer = AgentName(part.to_string());
    wanted = is_agent_name(incoming.peer.str()) && part.more() && take_part(part);
  }
  if (wanted && !part.more()) {
    incoming.frame = part.to_string();
    batch.push_back(std::move(incoming));
  }
  // MAXMSGSIZE bounds each part, not their number: let them go one by one.
  while (part.more() && take_part(part)) {
  }
  return true;
}

Result<std::vector<Incoming>> ZmqSocket::receive(milliseconds timeout,
                                                 const std::vector<int>& also) {
  std::vector<zmq::pollitem_t> items{{socket.handle(), 0, ZMQ_POLLIN, 0}};
  for (const int fd : also) {
    items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  }
  std::vector<Incoming> batch;
  try {
    zmq::poll(items, std::max(timeout, milliseconds(0)));
    for (std::size_t taken = 0; taken < Transport::kMaxBatch && take_message(batch); ++taken) {
    }
  } catch (const zmq::error_t& error) {
    // A signal: the caller's loop looks at its clock and its descriptors and comes back.
    if (error.num() != EINTR) {
      return failure("cannot receive", error);
    }
  }
  return batch;
}

ZmqContext::ZmqContext() : state_(std::make_unique<State>()) {}
ZmqContext::~ZmqContext() = default;

ZmqServer::ZmqServer(std::unique_ptr<ZmqSocket> socket, std::string endpoint)
    : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}
ZmqServer::~ZmqServer() = default;

Result<std::unique_ptr<ZmqServer>> ZmqServer::bind(ZmqContext& context,
                                                   const std::string& endpoint) {
  if (const Result<void> sound = check_endpoint(endpoint); !sound) {
    return tl::unexpected(sound.error());
  }
  if (const Result<void> enough = check_open_files(); !enough) {
    return tl::unexpected(enough.error());
  }
  try {
    zmq::socket_t socket(context.state_->context, zmq::socket_type::router);
    set_common_options(socket);
    socket.set(zmq::sockopt::router_mandatory, true);  // or a full queue loses frames in silence
    socket.set(zmq::sockopt::router_handover, true);   // or a restarted agent is ignored
    socket.set(zmq::sockopt::backlog, kBacklog);
    socket.bind(endpoint);
    std::string real_endpoint = socket.get(zmq::sockopt::last_endpoint);
    return std::unique_ptr<ZmqServer>(new ZmqServer(
        std::make_unique<ZmqSocket>(ZmqSocket{std::move(socket), Parts::sender_and_payload}),
        std::move(real_endpoint)));
  } catch (const zmq::error_t& error) {
    return failure(fmt::format("cannot listen on {}", endpoint), error);
  }
}

Result<void> ZmqServer::send(const AgentName& peer, std::string_view frame) {
  return socket_->send(peer.str(), frame);
}

Result<std::vector<Incoming>> ZmqServer::receive(milliseconds timeout,
                                                 const std::vector<int>& also) {
  return socket_->receive(timeout, also);
}

ZmqClient::ZmqClient(std::unique_ptr<ZmqSocket> socket) : socket_(std::move(socket)) {}
ZmqClient::~ZmqClient() = default;

Result<std::unique_ptr<ZmqClient>> ZmqClient::connect(ZmqContext& context,
                                                      const std::string& endpoint,
                                                      const AgentName& name) {
  if (const Result<void> sound = check_endpoint(endpoint); !sound) {
    return tl::unexpected(sound.error());
  }
  if (!is_agent_name(name.str())) {
    return fail(ErrorCode::bad_input,
                fmt::format("'{}' cannot be an agent's name: 1 to {} of a-z, 0-9 and '-'",
                            name.str(), kMaxNameBytes));
  }
  try {
    zmq::socket_t socket(context.state_->context, zmq::socket_type::dealer);
    set_common_options(socket);
    socket.set(zmq::sockopt::routing_id, name.str());
    socket.set(zmq::sockopt::immediate, true);
    socket.set(zmq::sockopt::reconnect_ivl, count(kReconnect));
    socket.set(zmq::sockopt::reconnect_ivl_max, count(kReconnectMax));
    socket.connect(endpoint);
    return std::unique_ptr<ZmqClient>(
        new ZmqClient(std::make_unique<ZmqSocket>(ZmqSocket{std::move(socket), Parts::payload})));
  } catch (const zmq::error_t& error) {
    return failure(fmt::format("cannot connect to {}", endpoint), error);
  }
}

Result<void> ZmqClient::send(const AgentName&, std::string_view frame) {
  return socket_->send("", frame);
}

Result<std::vector<Incoming>> ZmqClient::receive(milliseconds timeout,
                                                 const std::vector<int>& also) {
  return socket_->receive(timeout, also);
}

}  // namespace ocibench::protocol
