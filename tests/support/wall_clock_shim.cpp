// Preloaded into a program under test: its wall clock is ahead by the seconds that the file named
// by OCIBENCH_TEST_CLOCK holds at that moment. What measures durations is left alone.

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <time.h>

namespace {

time_t seconds_ahead() {
  const char* file = std::getenv("OCIBENCH_TEST_CLOCK");
  const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  std::array<char, 32> text{};
  const ssize_t got = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  return got > 0 ? std::atol(text.data()) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Original = int (*)(clockid_t, timespec*);
  static const auto kOriginal = reinterpret_cast<Original>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int status = kOriginal(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME) {
    now->tv_sec += seconds_ahead();
  }
  return status;
}
