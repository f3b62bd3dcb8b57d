#include "protocol/zmq_socket.hpp"

#include <cstring>

#include <fmt/format.h>

#include "protocol/codec.hpp"

namespace ocibench::protocol {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLinger = seconds(1);
constexpr milliseconds kHandshake = seconds(3);
// A dead link is found by TCP, which says nothing while our own Heartbeats flow: ZMTP's heartbeats
// would be traffic in a measured window that nobody counts (frame_cost.hpp).
constexpr seconds kIdleBeforeProbe{10};
constexpr seconds kBetweenProbes{5};
constexpr int kUnansweredProbes = 2;
constexpr milliseconds kUnacknowledged = seconds(15);
/// What CURVE puts around a frame; libzmq measures it together.
constexpr std::size_t kCipherBytes = 64;
constexpr int kQueuedFrames = 256;  // per peer and direction; the socket option counts messages

int count(milliseconds duration) { return static_cast<int>(duration.count()); }

/// The next part that is there already; false when there is none.
bool take_part(zmq::socket_t& socket, zmq::message_t& part) {
  return uninterrupted([&] { return socket.recv(part, zmq::recv_flags::dontwait); }).has_value();
}

}  // namespace

ZmqContext::ZmqContext() : state_(std::make_unique<State>()) {}
ZmqContext::~ZmqContext() = default;

tl::unexpected<Error> failure(std::string_view what, const zmq::error_t& error) {
  return fail(ErrorCode::io, fmt::format("{}: {}", what, error.what()));
}

void set_common_options(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, count(kLinger));
  socket.set(zmq::sockopt::handshake_ivl, count(kHandshake));
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, static_cast<int>(kIdleBeforeProbe.count()));
  socket.set(zmq::sockopt::tcp_keepalive_intvl, static_cast<int>(kBetweenProbes.count()));
  socket.set(zmq::sockopt::tcp_keepalive_cnt, kUnansweredProbes);
  socket.set(zmq::sockopt::tcp_maxrt, count(kUnacknowledged));
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMaxFrameBytes + kCipherBytes));
  socket.set(zmq::sockopt::sndhwm, kQueuedFrames);
  socket.set(zmq::sockopt::rcvhwm, kQueuedFrames);
}

void wait_readable(const std::vector<zmq::socket_t*>& sockets, const std::vector<int>& also,
                   milliseconds timeout) {
  std::vector<zmq::pollitem_t> items;
  for (zmq::socket_t* socket : sockets) {
    items.push_back({socket->handle(), 0, ZMQ_POLLIN, 0});
  }
  for (const int fd : also) {
    items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  }
  try {
    zmq::poll(items, timeout);
  } catch (const zmq::error_t& error) {
    // A signal: the caller's loop looks at its clock and its descriptors and comes back.
    if (error.num() != EINTR) {
      throw;
    }
  }
}

bool put_part(zmq::socket_t& socket, std::string_view bytes, zmq::send_flags more) {
  zmq::message_t part(bytes.data(), bytes.size());
  return uninterrupted([&] { return socket.send(part, more | zmq::send_flags::dontwait); })
      .has_value();
}

std::optional<std::vector<zmq::message_t>> take_message(zmq::socket_t& socket, std::size_t wanted) {
  std::vector<zmq::message_t> parts(1);
  if (!take_part(socket, parts.back())) {
    return std::nullopt;
  }
  while (parts.back().more() && parts.size() < wanted) {
    parts.emplace_back();
    take_part(socket, parts.back());
  }
  const bool as_wanted = parts.size() == wanted && !parts.back().more();
  // MAXMSGSIZE bounds each part, not their number: let them go one by one.
  zmq::message_t& last = parts.back();
  while (last.more() && take_part(socket, last)) {
  }
  if (!as_wanted) {
    parts.clear();
  }
  return parts;
}

Result<void> check_size(std::string_view frame) {
  if (frame.size() > kMaxFrameBytes) {
    return fail(ErrorCode::limit,
                fmt::format("a frame of {} bytes is larger than {}", frame.size(), kMaxFrameBytes));
  }
  return {};
}

SocketMonitor::SocketMonitor(zmq::context_t& context, zmq::socket_t& watched, int events)
    : watched_(watched), events_(context, zmq::socket_type::pair) {
  const std::string address = fmt::format("inproc://monitor-{}", watched.handle());
  if (::zmq_socket_monitor(watched.handle(), address.c_str(), events) != 0) {
    throw zmq::error_t();
  }
  events_.set(zmq::sockopt::linger, 0);
  events_.connect(address);
}

SocketMonitor::~SocketMonitor() { ::zmq_socket_monitor(watched_.handle(), nullptr, 0); }

std::optional<SocketMonitor::Event> SocketMonitor::next() {
  constexpr std::size_t kParts = 2;  // the event, and the endpoint
  const auto parts = take_message(events_, kParts);
  Event event;
  std::uint16_t what = 0;
  if (!parts || parts->empty() || (*parts)[0].size() != sizeof what + sizeof event.value) {
    return std::nullopt;
  }
  const auto* bytes = static_cast<const char*>((*parts)[0].data());
  std::memcpy(&what, bytes, sizeof what);
  std::memcpy(&event.value, bytes + sizeof what, sizeof event.value);
  event.what = what;
  return event;
}

}  // namespace ocibench::protocol
