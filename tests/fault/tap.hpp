#pragma once

#include <poll.h>

#include <cstdint>
#include <string>
#include <thread>

#include "common/fd.hpp"

namespace ocibench::fault {

/// A TCP connection to a port of this machine; -1 when it is refused.
int connect_to(std::uint16_t port);
/// The same without waiting for an answer.
int begin_to_connect_to(std::uint16_t port);

/// Passes bytes between agents (one connection at a time) and the coordinator, and keeps them: a
/// tap on the cable.
class Tap {
 public:
  enum class Mischief {
    none,
    replay,  ///< one message of the agent, behind the first 4 kB, goes out a second time
  };

  /// `to` is the coordinator's port.
  explicit Tap(std::uint16_t to, Mischief mischief = Mischief::none);
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  ~Tap();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// All that was said, both ways. Requires: both sides have ended.
  std::string finish();

 private:
  void pass_on();
  enum class Speaker { agent, coordinator };
  /// False when that end has closed.
  bool copy(const pollfd& from, int to, Speaker speaker);

  std::uint16_t to_;
  Mischief mischief_;
  std::uint16_t port_ = 0;
  Fd listener_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace ocibench::fault
