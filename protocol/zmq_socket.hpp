#pragma once

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "common/error.hpp"
#include "protocol/transport.hpp"
#include "protocol/zmq_context.hpp"

// What server, client and authenticator share of libzmq. Not for other folders.

namespace ocibench::protocol {

struct ZmqContext::State {
  zmq::context_t context;
};

tl::unexpected<Error> failure(std::string_view what, const zmq::error_t& error);

/// Time limits, sizes and the search for dead links of every socket to a peer.
void set_common_options(zmq::socket_t& socket);

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

inline constexpr std::chrono::milliseconds kNoTimeout{-1};

/// Waits until one of `sockets` or `also` is readable, or the time has passed (kNoTimeout: never),
/// or a signal came.
void wait_readable(const std::vector<zmq::socket_t*>& sockets, const std::vector<int>& also,
                   std::chrono::milliseconds timeout);

/// False when the peer's queue is full.
bool put_part(zmq::socket_t& socket, std::string_view bytes, zmq::send_flags more);

/// The next whole message that is there already: its parts, or none of them when it has more or
/// fewer than `wanted`. nullopt when there is no message.
std::optional<std::vector<zmq::message_t>> take_message(zmq::socket_t& socket, std::size_t wanted);

/// Gives what is there already to `use`, each a message of `wanted` parts, until Transport's batch
/// is full.
template <class Use>
void take_batch(zmq::socket_t& socket, std::size_t wanted, const Use& use) {
  std::size_t bytes = 0;
  for (std::size_t taken = 0; taken < Transport::kMaxBatch && bytes < Transport::kMaxBatchBytes;
       ++taken) {
    auto parts = take_message(socket, wanted);
    if (!parts) {
      return;
    }
    if (!parts->empty()) {
      bytes += parts->back().size();
      use(*parts);
    }
  }
}

/// Errors: limit.
Result<void> check_size(std::string_view frame);

/// What happens to a socket's connections, see zmq_socket_monitor(3).
class SocketMonitor {
 public:
  struct Event {
    int what = 0;  ///< ZMQ_EVENT_...
    std::uint32_t value = 0;
  };

  SocketMonitor(zmq::context_t& context, zmq::socket_t& watched, int events);
  SocketMonitor(const SocketMonitor&) = delete;
  SocketMonitor& operator=(const SocketMonitor&) = delete;
  ~SocketMonitor();

  [[nodiscard]] zmq::socket_t& socket() { return events_; }
  std::optional<Event> next();

 private:
  zmq::socket_t& watched_;
  zmq::socket_t events_;
};

}  // namespace ocibench::protocol
