#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "common/fd.hpp"
#include "common/mutex.hpp"

namespace ocibench {

/// A descriptor that polls readable between raise() and clear().
class WakeUp {
 public:
  WakeUp();
  void raise() const;
  void clear() const;
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;  // an eventfd
};

/// A bounded queue from any number of threads to one that polls. fd() is readable exactly while
/// something is queued, so a poll loop needs no other signal. Thread-safe.
template <class T>
class Channel {
 public:
  /// Requires: capacity > 0.
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}

  /// Does not block. False when the channel is full; `value` is then untouched.
  [[nodiscard]] bool push(T&& value) {
    const MutexLock lock(mutex_);
    if (queue_.size() >= capacity_) {
      return false;
    }
    queue_.push_back(std::move(value));
    if (queue_.size() == 1) {
      wake_up_.raise();
    }
    return true;
  }

  /// Does not block. The oldest value, or nothing.
  [[nodiscard]] std::optional<T> try_pop() {
    const MutexLock lock(mutex_);
    if (queue_.empty()) {
      return std::nullopt;
    }
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    if (queue_.empty()) {
      wake_up_.clear();
    }
    return value;
  }

  /// To poll for reading; never read it.
  [[nodiscard]] int fd() const { return wake_up_.fd(); }

 private:
  const std::size_t capacity_;
  const WakeUp wake_up_;
  Mutex mutex_;
  std::deque<T> queue_ OCIBENCH_GUARDED_BY(mutex_);
};

}  // namespace ocibench
