#include "coordinator/tools_command.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "common/catalog/this_host.hpp"
#include "common/clock.hpp"
#include "common/host.hpp"
#include "common/log.hpp"
#include "coordinator/tool_installer.hpp"
#include "coordinator/tool_status.hpp"

namespace ocibench::coordinator {
namespace {

void print(const std::vector<ToolStatus>& statuses, const ToolsOptions& options) {
  std::string text;
  if (options.common.output == Output::json) {
    Json list = Json::array();
    for (const ToolStatus& status : statuses) {
      list.push_back(status_json(status));
    }
    text = dump_json(list);
  } else if (options.action == ToolsOptions::Action::list) {
    text = list_text(statuses);
  } else {
    for (const ToolStatus& status : statuses) {
      text += (text.empty() ? "" : "\n") + check_text(status);
    }
  }
  std::fputs(text.c_str(), stdout);
}

Result<const catalog::Program*> program_named(const catalog::Catalog& catalog,
                                              const std::string& name) {
  const auto registry = catalog.registries().find(name);
  if (registry != catalog.registries().end()) {
    return &registry->second.program;
  }
  return catalog.tool(name).map([](const catalog::ToolDefinition* tool) { return &tool->program; });
}

/// What to install, each behind what it needs.
Result<std::vector<const catalog::Program*>> wanted_programs(const catalog::Catalog& catalog,
                                                             std::vector<std::string> names) {
  const bool all = names.empty();
  if (all) {
    for (const auto& [name, tool] : catalog.tools()) {
      names.push_back(name);
    }
    for (const auto& [name, registry] : catalog.registries()) {
      names.push_back(name);
    }
  }
  std::vector<const catalog::Program*> programs;
  const auto add = [&](const catalog::Program* program) {
    const bool manual = program->installation.method == catalog::Installation::Method::manual;
    if (std::ranges::find(programs, program) == programs.end() && !(all && manual)) {
      programs.push_back(program);
    }
  };
  for (const std::string& name : names) {
    const auto program = program_named(catalog, name);
    if (!program) {
      return tl::unexpected(program.error());
    }
    for (const std::string& needed : (*program)->needs) {
      if (const auto other = program_named(catalog, needed)) {
        add(*other);
      }
    }
    add(*program);
  }
  return programs;
}

Result<ExitCode> install(ToolInstaller& installer,
                         const std::vector<const catalog::Program*>& programs) {
  ExitCode code = ExitCode::valid;
  for (const catalog::Program* program : programs) {
    if (const auto done = installer.install(*program)) {
      log_info(*done);
    } else {
      log_error(fmt::format("{}: {}", program->name, done.error().message));
      code = ExitCode::incomplete;
    }
  }
  return code;
}

}  // namespace

Result<ExitCode> tools_command(const ToolsOptions& options) {
  if (auto named =
          check_default_folders(options.common.cache_directory, options.common.tools_directory);
      !named) {
    return tl::unexpected(named.error());
  }
  const auto catalog = catalog::load_catalog(options.common.data_directory);
  if (!catalog) {
    return tl::unexpected(catalog.error());
  }
  const SystemClock clock;
  const auto finder = catalog::find_programs(options.common.tools_directory, clock);
  if (options.action == ToolsOptions::Action::install) {
    ToolInstaller installer({.clock = clock,
                             .catalog = *catalog,
                             .finder = finder,
                             .probe = catalog::probe_program(clock),
                             .run = run_on_terminal,
                             .tools_directory = options.common.tools_directory,
                             .path = catalog::search_path()});
    return wanted_programs(*catalog, options.names).and_then([&](const auto& programs) {
      return install(installer, programs);
    });
  }
  const auto statuses = tool_statuses(*catalog, finder, options.names);
  if (!statuses) {
    return tl::unexpected(statuses.error());
  }
  print(*statuses, options);
  const bool asked = !options.names.empty();
  const bool usable = std::ranges::all_of(*statuses, &ToolStatus::usable);
  return asked && !usable ? ExitCode::incomplete : ExitCode::valid;
}

}  // namespace ocibench::coordinator
