#include "agent/sampling/ticker.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <utility>

#include "common/error.hpp"

namespace ocibench::agent {
namespace {

std::chrono::microseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

Ticker::Ticker(std::function<void()> tick)
    : tick_(std::move(tick)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  OCIBENCH_ASSERT(timer_ && stop_);
  thread_ = std::thread(&Ticker::run, this);
}

Ticker::~Ticker() { join(); }

void Ticker::arm() {
  const itimerspec every_second{.it_interval = {1, 0}, .it_value = {1, 0}};
  ::timerfd_settime(timer_.get(), 0, &every_second, nullptr);
}

void Ticker::disarm() {
  const itimerspec never{};
  ::timerfd_settime(timer_.get(), 0, &never, nullptr);
}

Ticker::Cost Ticker::join() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  return cost_;
}

void Ticker::run() {
  for (;;) {
    std::array<pollfd, 2> entries{{{.fd = timer_.get(), .events = POLLIN, .revents = 0},
                                   {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(entries.data(), entries.size(), -1);
    if (entries[1].revents != 0) {
      cost_.cpu = thread_cpu();
      return;
    }
    std::uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) == sizeof expirations) {
      cost_.ticks += 1;
      cost_.missed += expirations - 1;
      tick_();
    }
  }
}

}  // namespace ocibench::agent
