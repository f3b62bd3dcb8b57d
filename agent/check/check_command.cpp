#include "agent/check/check_command.hpp"

#include <cstdio>

#include "agent/check/host_check.hpp"
#include "agent/check/host_facts.hpp"
#include "agent/sampling/pidstat_run.hpp"
#include "agent/tool_offers.hpp"
#include "common/catalog/this_host.hpp"
#include "common/clock.hpp"

namespace ocibench::agent {

Result<ExitCode> check_command(const CheckOptions& options) {
  const auto catalog = catalog::load_catalog(options.agent.data_directory);
  if (!catalog) {
    return tl::unexpected(catalog.error());
  }
  const SystemClock clock;
  HostFacts facts = read_host_facts({.state_directory = options.agent.state_directory,
                                     .cache_directory = options.agent.cache_directory,
                                     .pidstat = PidstatRun::kProgram});
  facts.tools =
      probe_catalog(*catalog, catalog::find_programs(options.agent.tools_directory, clock));
  const auto findings = check_host(facts, options.agent.offer);
  const std::string text = options.output == CheckOptions::Output::json
                               ? dump_json(findings_json(findings))
                               : findings_text(findings);
  std::fputs(text.c_str(), stdout);
  return is_fit(findings) ? ExitCode::valid : ExitCode::incomplete;
}

}  // namespace ocibench::agent
