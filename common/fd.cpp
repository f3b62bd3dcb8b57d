#include "common/fd.hpp"

#include <unistd.h>

namespace ocibench {

void Fd::reset(int fd) {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
}

}  // namespace ocibench
