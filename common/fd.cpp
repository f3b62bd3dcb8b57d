#include "common/fd.hpp"

#include <poll.h>
#include <unistd.h>

namespace ocibench {

void Fd::reset(int fd) {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
}

bool readable(int fd) {
  pollfd poll_fd{.fd = fd, .events = POLLIN, .revents = 0};
  return fd >= 0 && ::poll(&poll_fd, 1, 0) == 1;
}

}  // namespace ocibench
