#include "coordinator/bundle_commands.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "common/durable/record_log.hpp"
#include "common/log.hpp"
#include "common/text.hpp"
#include "coordinator/analysis/analysis.hpp"
#include "coordinator/analysis/journal.hpp"
#include "coordinator/report/summary_json.hpp"
#include "coordinator/report/summary_md.hpp"
#include "coordinator/report/verify.hpp"

namespace ocibench::coordinator {

Result<ExitCode> report_command(const ReportOptions& options) {
  auto journal = durable::RecordLog::open_read_only(options.bundle / "journal.sqlite");
  if (!journal) {
    return fail(journal.error(), options.bundle.string());
  }
  auto analysis = analyse_journal(*journal);
  if (!analysis) {
    return fail(analysis.error(), options.bundle.string());
  }
  const std::string text = options.common.output == Output::json
                               ? dump_json(summary_json(*analysis))
                               : summary_md(*analysis);
  std::fputs(text.c_str(), stdout);
  return exit_code(analysis->verdict);
}

Result<ExitCode> verify_command(const VerifyOptions& options) {
  auto check = verify_bundle(options.bundle, this_producer());
  if (!check && check.error().code == ErrorCode::bad_input) {
    fmt::print("FAILED {}\n", printable(check.error().message));
    return ExitCode::threshold;
  }
  if (!check) {
    return fail(check.error(),
                fmt::format("{} is no bundle that could be checked", options.bundle.string()));
  }
  for (const std::string& warning : check->warnings) {
    log_warning(warning);
  }
  if (check->compared_with.empty()) {
    fmt::print("OK {} files, every number derived again from the journal\n", check->files);
  } else {
    fmt::print("OK {} files, verified by figures: this bundle was written by {}, and this is {}\n",
               check->files, printable(check->compared_with), to_string(this_producer()));
  }
  return ExitCode::valid;
}

}  // namespace ocibench::coordinator
