#include "agent/process/launch.hpp"

#include <utility>

namespace ocibench::agent {

Result<Launch> launch(const Command& command, Confinement confinement,
                      std::unique_ptr<RunCgroup> cgroup) {
  auto output = OutputCapture::open(command.stdout_log, command.max_log_bytes);
  auto errors = OutputCapture::open(command.stderr_log, command.max_log_bytes);
  if (!output || !errors) {
    return tl::unexpected(output ? errors.error() : output.error());
  }
  auto process = spawn({.argv = command.argv,
                        .environment = command.environment,
                        .working_directory = command.working_directory,
                        .stdout_fd = output->write_end(),
                        .stderr_fd = errors->write_end(),
                        .cgroup2_fd = cgroup ? cgroup->directory_fd() : -1,
                        .confinement = std::move(confinement)});
  if (!process) {
    return tl::unexpected(process.error());
  }
  output->close_write_end();
  errors->close_write_end();
  if (cgroup) {
    if (auto joined = cgroup->join_memory(process->pid()); !joined) {
      return tl::unexpected(joined.error());
    }
  }
  return Launch{std::move(cgroup), std::move(*output), std::move(*errors), std::move(*process)};
}

}  // namespace ocibench::agent
