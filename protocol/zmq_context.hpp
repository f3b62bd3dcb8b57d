#pragma once

#include <memory>

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

  struct State;  ///< zmq_socket.hpp: only for this folder
  [[nodiscard]] State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace ocibench::protocol
