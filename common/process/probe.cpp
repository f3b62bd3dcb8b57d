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

/// The end to read `input` from, all of it in the pipe already.
Result<Fd> filled_pipe(const std::string& input) {
  if (input.size() > Probe::kMaxInputBytes) {
    return fail(ErrorCode::limit,
                fmt::format("{} bytes are too much to ask a program", input.size()));
  }
  auto pipe = Pipe::create();
  if (!pipe) {
    return tl::unexpected(pipe.error());
  }
  if (::write(pipe->write_end.get(), input.data(), input.size()) !=
      static_cast<ssize_t>(input.size())) {
    return fail_errno("cannot fill a pipe", errno);
  }
  return std::move(pipe->read_end);
}

}  // namespace

Result<ProbeAnswer> capture(const Probe& probe, const Clock& clock) {
  auto pipe = Pipe::create();
  Result<Fd> input = filled_pipe(probe.input);
  if (!pipe || !input) {
    return tl::unexpected(pipe ? input.error() : pipe.error());
  }
  ::fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK);
  const Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  auto process = spawn(
      {.argv = probe.argv,
       .environment = probe.environment,
       .working_directory = probe.working_directory,
       .stdin_fd = input->get(),
       .stdout_fd = pipe->write_end.get(),
       .stderr_fd = probe.streams == ProbeStreams::out ? nowhere.get() : pipe->write_end.get(),
       .confinement = probe.confinement});
  input->reset();
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
