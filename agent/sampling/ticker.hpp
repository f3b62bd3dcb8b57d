#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include "common/fd.hpp"

namespace ocibench::agent {

/// Calls a function once per second in a thread of its own. Ticks that came while the function was
/// busy or the thread had no CPU are counted as missed, not made up for.
class Ticker {
 public:
  /// Starts the thread; it waits for arm().
  explicit Ticker(std::function<void()> tick);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

  /// The first tick is one second from now. Costs one system call.
  void arm();
  /// No tick starts after this. Costs one system call.
  void disarm();

  struct Cost {
    std::uint64_t ticks = 0;
    std::uint64_t missed = 0;
    std::chrono::microseconds cpu{0};  ///< of the thread
  };
  /// Ends the thread; what the function has written may be read afterwards.
  Cost join();

 private:
  void run();

  std::function<void()> tick_;
  Fd timer_;
  Fd stop_;
  Cost cost_;
  std::thread thread_;
};

}  // namespace ocibench::agent
