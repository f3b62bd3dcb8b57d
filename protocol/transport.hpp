#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/model/ids.hpp"

namespace ocibench::protocol {

struct Incoming {
  AgentName peer;  ///< who sent it; on the agent's side always empty (the coordinator)
  std::string frame;
};

/// Unreliable, ordered-per-connection delivery of frames: any frame may be lost, none is altered or
/// merged. Reliability is the Session's and the Dispatcher's business.
///
/// Both sides use this one interface. One thread per object.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Never blocks. Errors: unavailable (peer unknown or its queue is full: the frame was not
  /// taken), limit (larger than kMaxFrameBytes).
  virtual Result<void> send(const AgentName& peer, std::string_view frame) = 0;

  /// Waits until a frame has come, one of `also` is readable, or `timeout` has passed; returns the
  /// frames that are there, at most kMaxBatch and none after kMaxBatchBytes. Errors: io.
  virtual Result<std::vector<Incoming>> receive(std::chrono::milliseconds timeout,
                                                const std::vector<int>& also) = 0;

  /// Gives the connection up and begins another; what is under way on it is lost. A server has
  /// none of its own to give up. Errors: io.
  virtual Result<void> reconnect() { return {}; }

  // What comes in one batch is made durable at once. A slow disk takes 250 ms for that, in which a
  // thousand agents send 500 frames: a smaller batch would fall behind for good.
  static constexpr std::size_t kMaxBatch = 2048;
  static constexpr std::size_t kMaxBatchBytes = 32 * 1024 * 1024;
};

}  // namespace ocibench::protocol
