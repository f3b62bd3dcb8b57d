#include "coordinator/keygen_command.hpp"

#include <fmt/format.h>

#include "protocol/key_file.hpp"

namespace ocibench::coordinator {

Result<ExitCode> keygen_command(const KeygenOptions& options) {
  auto keys = protocol::generate_key_pair();
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  auto files = protocol::write_key_files(options.output, AgentName(options.name), *keys);
  if (!files) {
    return tl::unexpected(files.error());
  }
  fmt::print("{}  stays on this machine\n{}  is for the other side: {}\n",
             files->secret_file.string(), files->public_file.string(), keys->public_key.str());
  return ExitCode::valid;
}

}  // namespace ocibench::coordinator
