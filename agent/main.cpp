#include <cstdio>

#include <fmt/format.h>

#include "agent/agent_command.hpp"
#include "agent/check/check_command.hpp"
#include "agent/options.hpp"
#include "common/host.hpp"
#include "common/log.hpp"

namespace {

namespace agent = ocibench::agent;
using ocibench::ExitCode;
using ocibench::Result;

Result<ExitCode> run(const agent::Options& options) {
  if (const auto* help = std::get_if<agent::HelpText>(&options)) {
    std::fputs(help->text.c_str(), stdout);
    return ExitCode::valid;
  }
  if (const auto* check = std::get_if<agent::CheckOptions>(&options)) {
    return agent::check_command(*check);
  }
  const auto& agent_options = std::get<agent::AgentOptions>(options);
  ocibench::configure_log(
      "ocibench-agent", agent_options.log_level,
      ocibench::colour_wanted() ? ocibench::LogColour::when_terminal : ocibench::LogColour::never);
  return agent::agent_command(agent_options);
}

}  // namespace

int main(int argc, char** argv) {
  ocibench::let_writes_beyond_limit_fail();
  const Result<ExitCode> code = agent::parse_options(argc, argv).and_then(run);
  if (!code) {
    fmt::print(stderr, "ocibench-agent: {}\n", code.error().message);
    return static_cast<int>(ocibench::exit_code_for(code.error().code));
  }
  if (const Result<void> written = ocibench::flush_output(); !written) {
    fmt::print(stderr, "ocibench-agent: {}\n", written.error().message);
    // What was found out before is the better answer, unless it is that all is well.
    return static_cast<int>(*code == ExitCode::valid ? ExitCode::io : *code);
  }
  return static_cast<int>(*code);
}
