#include "coordinator/run_keys.hpp"

#include <utility>

#include "protocol/key_file.hpp"

namespace ocibench::coordinator {
namespace {

constexpr const char* kCoordinatorName = "coordinator";

Result<void> make_key_pair(const std::filesystem::path& folder, const char* name) {
  const auto keys = protocol::generate_key_pair();
  if (!keys) {
    return tl::unexpected(keys.error());
  }
  const auto files = protocol::write_key_files(folder, AgentName(name), *keys);
  return files ? Result<void>() : tl::unexpected(files.error());
}

}  // namespace

LocalKeyFiles local_key_files(const std::filesystem::path& run) {
  const std::filesystem::path folder = run / "keys";
  const std::filesystem::path agents = folder / "agents";
  return {.folder = folder,
          .coordinator = {.own = folder / "coordinator.key", .of_agents = agents},
          .coordinator_public = folder / "coordinator.pub",
          .agent_key = agents / "local.key"};
}

Result<void> make_local_keys(const std::filesystem::path& run) {
  const LocalKeyFiles files = local_key_files(run);
  if (auto made = make_key_pair(files.folder, kCoordinatorName); !made) {
    return made;
  }
  return make_key_pair(files.coordinator.of_agents, kLocalAgentName);
}

Result<RunKeys> open_run_keys(const KeyPaths& paths, MonoTime now) {
  auto own = protocol::read_key_file(paths.own);
  if (!own) {
    return fail(own.error(), "--key");
  }
  auto agents = AgentKeys::open(paths.of_agents, now);
  if (!agents) {
    return fail(agents.error(), "--agents");
  }
  return RunKeys{std::move(own->keys), *std::move(agents)};
}

}  // namespace ocibench::coordinator
