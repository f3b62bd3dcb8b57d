#include "agent/target/registry_process.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "common/fd.hpp"
#include "common/file.hpp"

namespace ocibench::agent {
namespace {

constexpr std::uint64_t kMaxLogBytes = 1'000'000;  // nobody serves a request before it is ready
/// A crash is explained by its first line, a refusal by its last.
constexpr std::size_t kShownBytes = 300;

}  // namespace

RegistryProcess::RegistryProcess(SpawnedProcess process, std::filesystem::path log)
    : process_(std::move(process)), log_(std::move(log)) {}

Result<RegistryProcess> RegistryProcess::start(const catalog::RenderedCommand& command,
                                               const std::filesystem::path& directory) {
  for (const auto& [name, text] : command.files) {
    if (auto written = write_file_atomically(directory / name, text); !written) {
      return tl::unexpected(std::move(written.error()));
    }
  }
  std::filesystem::path log_path = directory / "registry.log";
  const Fd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!log) {
    return fail_errno(fmt::format("cannot write {}", log_path.string()), errno);
  }
  Result<SpawnedProcess> process = spawn({.argv = command.argv,
                                          .environment = command.environment,
                                          .working_directory = directory,
                                          .stdout_fd = log.get(),
                                          .stderr_fd = log.get()});
  if (!process) {
    return tl::unexpected(std::move(process.error()));
  }
  process->release();
  if (auto executed = process->executed(); !executed) {
    return fail(executed.error(), command.argv.front());
  }
  return RegistryProcess(std::move(*process), std::move(log_path));
}

RegistryProcess::Event RegistryProcess::wait(std::chrono::milliseconds timeout,
                                             const Cancellation& cancellation) const {
  std::array<pollfd, 2> events{pollfd{.fd = process_->pidfd(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = cancellation.fd(), .events = POLLIN, .revents = 0}};
  ::poll(events.data(), events.size(), static_cast<int>(timeout.count()));
  if (cancellation.requested()) {
    return Event::cancelled;
  }
  return events[0].revents != 0 ? Event::ended : Event::nothing;
}

std::string RegistryProcess::output() const {
  std::string text = read_file(log_, kMaxLogBytes).value_or("");
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, ' ');
  while (text.ends_with(' ')) {
    text.pop_back();
  }
  if (text.size() > 2 * kShownBytes) {
    text.replace(kShownBytes, text.size() - 2 * kShownBytes, " [...] ");
  }
  return text;
}

void RegistryProcess::stop() {
  if (process_) {
    process_->kill_group_and_wait();
    process_.reset();
  }
}

}  // namespace ocibench::agent
