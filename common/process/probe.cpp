#include "common/process/probe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "common/process/spawn.hpp"

namespace ocibench {
namespace {

/// False at the end of the stream.
bool take(int fd, std::string& text, std::size_t max_bytes) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got <= 0) {
    return got < 0 && (errno == EINTR || errno == EAGAIN);
  }
  const std::size_t room = max_bytes - std::min(max_bytes, text.size());
  text.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  return true;
}

}  // namespace

Result<ProbeAnswer> capture(const Probe& probe, const Clock& clock) {
  auto pipe = Pipe::create();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  ::fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  auto process = spawn({.argv = probe.argv,
                        .environment = probe.environment,
                        .working_directory = probe.working_directory,
                        .stdout_fd = pipe->write_end.get(),
                        .stderr_fd = pipe->write_end.get()});
  if (!process) {
    return tl::unexpected(process.error());
  }
  pipe->write_end.reset();
  process->release();
  if (auto executed = process->executed(); !executed) {
    return fail(executed.error(), probe.argv.front());
  }
  ProbeAnswer answer;
  const MonoTime deadline = clock.now() + probe.deadline;
  bool open = true;
  // Until the program ends, not until the pipe does: a child it leaves behind may hold that.
  for (bool running = true; running;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.now());
    if (left.count() <= 0) {
      return fail(ErrorCode::timeout, fmt::format("{} did not end within {} ms", probe.argv.front(),
                                                  probe.deadline.count()));
    }
    std::array<pollfd, 2> entries{{{.fd = process->pidfd(), .events = POLLIN},
                                   {.fd = open ? pipe->read_end.get() : -1, .events = POLLIN}}};
    ::poll(entries.data(), entries.size(), static_cast<int>(left.count()));
    running = entries[0].revents == 0;
    open = open &&
           (entries[1].revents == 0 || take(pipe->read_end.get(), answer.text, probe.max_bytes));
  }
  const int status = process->kill_group_and_wait().status;
  pollfd rest{.fd = pipe->read_end.get(), .events = POLLIN, .revents = 0};
  while (open && answer.text.size() < probe.max_bytes && ::poll(&rest, 1, 0) > 0) {
    open = take(pipe->read_end.get(), answer.text, probe.max_bytes);
  }
  if (WIFEXITED(status)) {
    answer.exit_code = WEXITSTATUS(status);
  }
  return answer;
}

}  // namespace ocibench
