#include "agent/judge.hpp"

#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ocibench::agent {
namespace {

/// The tool's own words: an artefact of the iteration.
constexpr const char* kToolLog = "stderr.log.gz";

std::string with_last_line(std::string cause, const ProcessReport& report) {
  return report.last_stderr_lines.empty()
             ? cause
             : fmt::format("{}; its last words: {}", cause, report.last_stderr_lines.back());
}

Outcome failed(std::string cause, const ProcessReport& report) {
  return {.kind = OutcomeKind::failed,
          .cause = with_last_line(std::move(cause), report),
          .evidence = kToolLog};
}

std::string describe_signal(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name == nullptr ? fmt::format("killed by signal {}", signal)
                         : fmt::format("killed by signal {} (SIG{})", signal, name);
}

std::string arrived(const Verification& proof) {
  return fmt::format("{} of {} images, {} of {} manifests and {} of {} blobs are at the target",
                     proof.images_found, proof.images_expected, proof.manifests_found,
                     proof.manifests_expected, proof.blobs_found, proof.blobs_expected);
}

Outcome judge_escape(const ProcessReport& report) {
  return {.kind = OutcomeKind::invalid,
          .cause = fmt::format("{} of the tool's processes left its process tree and ran on after "
                               "it ({}); killed",
                               report.escaped_processes, fmt::join(report.escaped_names, ", "))};
}

Outcome judge_calibration(bool touched) {
  if (touched) {
    return {.kind = OutcomeKind::invalid,
            .cause = "a calibration tool copies nothing, yet the target's storage has changed"};
  }
  return {.kind = OutcomeKind::complete};
}

Outcome judge_copy(const Verification& proof, const ProcessReport& report) {
  if (proof.manifests_found == 0 && proof.blobs_found == 0) {
    return {.kind = OutcomeKind::invalid,
            .cause = with_last_line("the tool claimed success and nothing arrived", report),
            .evidence = kToolLog};
  }
  if (proof.images_found == proof.images_expected &&
      proof.manifests_found == proof.manifests_expected &&
      proof.blobs_found == proof.blobs_expected) {
    return {.kind = OutcomeKind::complete};
  }
  return {.kind = OutcomeKind::partial,
          .cause = fmt::format("the tool claimed success, but only {}; first: {}", arrived(proof),
                               proof.missing.empty() ? "?" : proof.missing.front()),
          .evidence = kToolLog};
}

}  // namespace

Outcome judge(const catalog::ToolDefinition& tool, const ProcessReport& report,
              const TargetFindings& findings) {
  if (report.escaped_processes > 0 && report.ending != Ending::cancelled) {
    return judge_escape(report);
  }
  switch (report.ending) {
    case Ending::cancelled: return {.kind = OutcomeKind::not_run, .cause = "interrupted"};
    case Ending::timed_out:
      return {.kind = OutcomeKind::timed_out,
              .cause = with_last_line("killed at its deadline", report),
              .evidence = kToolLog};
    case Ending::disk_exhausted:
      return failed("killed because its working directory's disk was nearly full", report);
    case Ending::signalled: return failed(describe_signal(report.signal.value_or(0)), report);
    case Ending::exited: break;
  }
  const int exit_code = report.exit_code.value_or(-1);
  if (!tool.exit_codes.is_ok(exit_code)) {
    return failed(tool.exit_codes.describe(exit_code), report);
  }
  if (tool.kind == catalog::ToolKind::calibration) {
    return judge_calibration(findings.touched);
  }
  if (!findings.verification) {
    return {.kind = OutcomeKind::invalid,
            .cause = fmt::format("the tool claimed success, but its work could not be checked: {}",
                                 findings.verification_error)};
  }
  return judge_copy(*findings.verification, report);
}

}  // namespace ocibench::agent
