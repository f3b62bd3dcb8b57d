#pragma once

#include <filesystem>

#include "common/clock.hpp"
#include "common/error.hpp"
#include "coordinator/agent_keys.hpp"
#include "coordinator/run_notes.hpp"
#include "protocol/key.hpp"

namespace ocibench::coordinator {

/// Who the coordinator of a run is, and which agents it lets in.
struct RunKeys {
  protocol::KeyPair own;
  AgentKeys agents;
};

/// The agent of local mode, and so its key.
inline constexpr const char* kLocalAgentName = "local";

/// The key files of local mode, which are made with the run's folder and go with it: another user
/// of this machine can neither join the campaign nor take the coordinator's place.
struct LocalKeyFiles {
  std::filesystem::path folder;
  KeyPaths coordinator;
  std::filesystem::path coordinator_public;
  std::filesystem::path agent_key;
};
LocalKeyFiles local_key_files(const std::filesystem::path& run);

/// Makes them, readable by the owner only. Errors: unavailable (no CURVE), conflict (there are
/// some), io.
Result<void> make_local_keys(const std::filesystem::path& run);

/// Errors: those of protocol::read_key_file and AgentKeys::open.
Result<RunKeys> open_run_keys(const KeyPaths& paths, MonoTime now);

}  // namespace ocibench::coordinator
