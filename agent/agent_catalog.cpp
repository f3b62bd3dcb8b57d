#include "agent/agent_catalog.hpp"

#include <string>
#include <vector>

#include "common/catalog/data_directory.hpp"
#include "common/host.hpp"
#include "common/process/probe.hpp"

namespace ocibench::agent {
namespace {

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

catalog::ProbeProgram probe_with(const Clock& clock, const std::string& path) {
  return [&clock, path](const std::vector<std::string>& argv) -> Result<std::string> {
    auto answer = capture({.argv = argv, .environment = {{"PATH", path}, {"LC_ALL", "C"}}}, clock);
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    return answer->text;
  };
}

}  // namespace

Result<catalog::Catalog> load_catalog(const AgentOptions& options) {
  auto data = catalog::find_data_directory(options.data_directory, executable_path());
  if (!data) {
    return tl::unexpected(data.error());
  }
  return catalog::Catalog::load(*data);
}

catalog::SubjectFinder make_subject_finder(const AgentOptions& options, const Clock& clock) {
  const std::string path = environment_variable("PATH").value_or(kDefaultPath);
  return {{.tools_directory = options.tools_directory,
           .own_directory = executable_path().parent_path(),
           .path = path},
          probe_with(clock, path)};
}

}  // namespace ocibench::agent
