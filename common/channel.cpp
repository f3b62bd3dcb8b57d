#include "common/channel.hpp"

#include <sys/eventfd.h>

#include <cstdint>

#include "common/error.hpp"

namespace ocibench {

WakeUp::WakeUp() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { OCIBENCH_ASSERT(fd_.get() >= 0); }

void WakeUp::raise() const { OCIBENCH_ASSERT(eventfd_write(fd_.get(), 1) == 0); }

void WakeUp::clear() const {
  eventfd_t count = 0;
  OCIBENCH_ASSERT(eventfd_read(fd_.get(), &count) == 0);
}

}  // namespace ocibench
