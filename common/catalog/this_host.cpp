#include "common/catalog/this_host.hpp"

#include <utility>
#include <vector>

#include "common/catalog/data_directory.hpp"
#include "common/host.hpp"
#include "common/process/probe.hpp"

namespace ocibench::catalog {

Result<Catalog> load_catalog(const std::optional<std::filesystem::path>& explicit_path) {
  return find_data_directory(explicit_path, executable_path())
      .and_then([](const std::filesystem::path& data) { return Catalog::load(data); });
}

std::string search_path() {
  return environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
}

ProbeProgram probe_program(const Clock& clock, ConfineProgram confine) {
  return [&clock, confine = std::move(confine)](
             const std::vector<std::string>& argv) -> Result<std::string> {
    return capture({.argv = argv,
                    .environment = {{"PATH", search_path()}, {"LC_ALL", "C"}},
                    .confinement = confine ? confine(argv) : Confinement{}},
                   clock)
        .map([](const ProbeAnswer& said) { return said.text; });
  };
}

SubjectFinder find_programs(std::filesystem::path tools_directory, const Clock& clock,
                            ConfineProgram confine) {
  return {{.tools_directory = std::move(tools_directory),
           .own_directory = executable_path().parent_path(),
           .path = search_path()},
          probe_program(clock, std::move(confine))};
}

}  // namespace ocibench::catalog
