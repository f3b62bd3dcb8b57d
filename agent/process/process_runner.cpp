#include "agent/process/process_runner.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ocibench::agent {

Cancellation::Cancellation() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  OCIBENCH_ASSERT(fd_ >= 0);
}

Cancellation::~Cancellation() { ::close(fd_); }

void Cancellation::request() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then it is set already.
  [[maybe_unused]] const ssize_t ignored = ::write(fd_, &one, sizeof one);
}

bool Cancellation::requested() const {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

}  // namespace ocibench::agent
