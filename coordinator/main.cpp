#include <cstdio>

#include <fmt/format.h>

#include "common/host.hpp"
#include "common/log.hpp"
#include "coordinator/bundle_commands.hpp"
#include "coordinator/fleet/fleet_command.hpp"
#include "coordinator/image_command.hpp"
#include "coordinator/keygen_command.hpp"
#include "coordinator/keys_command.hpp"
#include "coordinator/options.hpp"
#include "coordinator/plan_command.hpp"
#include "coordinator/run_command.hpp"
#include "coordinator/tools_command.hpp"
#include "coordinator/upload_command.hpp"
#include "coordinator/wire_command.hpp"

namespace {

namespace coordinator = ocibench::coordinator;
using ocibench::ExitCode;
using ocibench::Result;

void configure(const coordinator::CommonOptions& common) {
  ocibench::configure_log(
      "ocibench", common.log_level,
      ocibench::colour_wanted() ? ocibench::LogColour::when_terminal : ocibench::LogColour::never);
}

Result<ExitCode> run(const coordinator::Options& options) {
  if (const auto* help = std::get_if<coordinator::HelpText>(&options)) {
    std::fputs(help->text.c_str(), stdout);
    return ExitCode::valid;
  }
  if (const auto* plan = std::get_if<coordinator::PlanOptions>(&options)) {
    configure(plan->common);
    return coordinator::plan_command(*plan);
  }
  if (const auto* report = std::get_if<coordinator::ReportOptions>(&options)) {
    configure(report->common);
    return coordinator::report_command(*report);
  }
  if (const auto* verify = std::get_if<coordinator::VerifyOptions>(&options)) {
    configure(verify->common);
    return coordinator::verify_command(*verify);
  }
  if (const auto* copy = std::get_if<coordinator::ImageCopyOptions>(&options)) {
    return coordinator::image_copy_command(*copy);
  }
  if (const auto* tools = std::get_if<coordinator::ToolsOptions>(&options)) {
    configure(tools->common);
    return coordinator::tools_command(*tools);
  }
  if (const auto* wire = std::get_if<coordinator::WireOptions>(&options)) {
    configure(wire->common);
    return coordinator::wire_command(*wire);
  }
  if (const auto* keygen = std::get_if<coordinator::KeygenOptions>(&options)) {
    return coordinator::keygen_command(*keygen);
  }
  if (const auto* fleet = std::get_if<coordinator::FleetOptions>(&options)) {
    configure(fleet->common);
    return coordinator::fleet_command(*fleet);
  }
  if (const auto* upload = std::get_if<coordinator::UploadOptions>(&options)) {
    configure(upload->common);
    return coordinator::upload_command(*upload);
  }
  if (const auto* keys = std::get_if<coordinator::KeysOptions>(&options)) {
    configure({});
    return coordinator::keys_command(*keys);
  }
  const auto& run_options = std::get<coordinator::RunOptions>(options);
  configure(run_options.common);
  return coordinator::run_command(run_options);
}

}  // namespace

int main(int argc, char** argv) {
  ocibench::let_writes_beyond_limit_fail();
  const Result<ExitCode> code = coordinator::parse_options(argc, argv).and_then(run);
  if (!code) {
    fmt::print(stderr, "ocibench: {}\n", code.error().message);
    return static_cast<int>(ocibench::exit_code_for(code.error().code));
  }
  if (const Result<void> written = ocibench::flush_output(); !written) {
    fmt::print(stderr, "ocibench: {}\n", written.error().message);
    // What was found out before is the better answer, unless it is that all is well.
    return static_cast<int>(*code == ExitCode::valid ? ExitCode::io : *code);
  }
  return static_cast<int>(*code);
}
