#include "agent/judge.hpp"

#include <csignal>
#include <string>

#include <gtest/gtest.h>

namespace ocibench::agent {
namespace {

Verification proof(std::uint32_t images, std::uint32_t manifests, std::uint32_t blobs) {
  return {.images_expected = 2,
          .images_found = images,
          .manifests_expected = 3,
          .manifests_found = manifests,
          .blobs_expected = 4,
          .blobs_found = blobs};
}

const Verification kAll = proof(2, 3, 4);
const Verification kNothing = proof(0, 0, 0);

struct Case {
  const char* name;
  ProcessReport report;
  TargetFindings findings;
  OutcomeKind expected;
  const char* cause;
};

ProcessReport exited(int code) { return {.exit_code = code}; }
ProcessReport escaped() {
  return {.exit_code = 0, .escaped_processes = 2, .escaped_names = {"filler", "sh"}};
}
ProcessReport ended(Ending ending) { return {.ending = ending, .last_stderr_lines = {"oh no"}}; }

const Case kCases[] = {
    {"AllThere", exited(0), {kAll}, OutcomeKind::complete, ""},
    {"DocumentedSuccess", exited(4), {kAll}, OutcomeKind::complete, ""},
    {"NothingArrived",
     exited(0),
     {kNothing},
     OutcomeKind::invalid,
     "the tool claimed success and nothing arrived"},
    {"ABlobIsMissing",
     exited(0),
     {proof(1, 3, 3)},
     OutcomeKind::partial,
     "1 of 2 images, 3 of 3 manifests and 3 of 4 blobs"},
    {"AManifestIsMissing", exited(0), {proof(1, 2, 4)}, OutcomeKind::partial, "2 of 3 manifests"},
    {"OnlyBlobsArrived", exited(0), {proof(0, 0, 4)}, OutcomeKind::partial, "0 of 2 images"},
    {"OnlyManifestsArrived", exited(0), {proof(0, 3, 0)}, OutcomeKind::partial, "0 of 4 blobs"},
    {"CountsThatContradictEachOther",
     exited(0),
     {proof(2, 3, 3)},
     OutcomeKind::partial,
     "3 of 4 blobs"},
    {"ProcessesLeftItsTree",
     escaped(),
     {kAll},
     OutcomeKind::invalid,
     "2 of the tool's processes left its process tree and ran on after it (filler, sh); killed"},
    {"WorkThatCannotBeChecked",
     exited(0),
     {.verification = {}, .verification_error = "connection refused"},
     OutcomeKind::invalid,
     "could not be checked: connection refused"},
    {"FailureWithEverythingThere",
     exited(1),
     {kAll},
     OutcomeKind::failed,
     "exit code 1: an image was not copied"},
    {"FailureWithNothingThere", exited(9), {kNothing}, OutcomeKind::failed, "exit code 9"},
    {"Signal",
     {.ending = Ending::signalled, .signal = SIGSEGV},
     {kAll},
     OutcomeKind::failed,
     "killed by signal 11 (SIGSEGV)"},
    {"Deadline",
     ended(Ending::timed_out),
     {kAll},
     OutcomeKind::timed_out,
     "killed at its deadline; its last words: oh no"},
    {"FullDisk", ended(Ending::disk_exhausted), {kAll}, OutcomeKind::failed, "disk"},
    {"Cancelled", ended(Ending::cancelled), {}, OutcomeKind::not_run, "interrupted"},
};

catalog::ToolDefinition sync_tool() {
  return {.kind = catalog::ToolKind::sync,
          .exit_codes = {.ok = {0, 4}, .meaning = {{1, "an image was not copied"}}}};
}

class JudgeTest : public testing::TestWithParam<Case> {};

TEST_P(JudgeTest, GivesTheOutcomeAndItsCause) {
  const Outcome outcome = judge(sync_tool(), GetParam().report, GetParam().findings);
  EXPECT_EQ(to_string(outcome.kind), to_string(GetParam().expected));
  EXPECT_NE(outcome.cause.find(GetParam().cause), std::string::npos) << outcome.cause;
  EXPECT_EQ(outcome.cause.empty(), outcome.kind == OutcomeKind::complete);
}

INSTANTIATE_TEST_SUITE_P(EveryCase, JudgeTest, testing::ValuesIn(kCases),
                         [](const auto& test_case) { return test_case.param.name; });

TEST(Judge, NeedsNoProofFromACalibrationTool) {
  const catalog::ToolDefinition tool = {.kind = catalog::ToolKind::calibration};
  EXPECT_EQ(judge(tool, exited(0), {}).kind, OutcomeKind::complete);
  EXPECT_EQ(judge(tool, exited(1), {}).kind, OutcomeKind::failed);
}

TEST(Judge, DoubtsACalibrationToolThatTouchesTheTarget) {
  const catalog::ToolDefinition tool = {.kind = catalog::ToolKind::calibration};
  EXPECT_EQ(judge(tool, exited(0), {.touched = true}).kind, OutcomeKind::invalid);
}

TEST(Judge, NamesTheLogAsEvidenceOfEveryFailure) {
  EXPECT_EQ(judge(sync_tool(), exited(1), {kAll}).evidence, "stderr.log.gz");
  EXPECT_EQ(judge(sync_tool(), exited(0), {kAll}).evidence, "");
}

}  // namespace
}  // namespace ocibench::agent
