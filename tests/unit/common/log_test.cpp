#include "common/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ocibench {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Log, SpeaksOnStderrFromItsLevelUp) {
  configure_log("ocibench-test", LogLevel::info, LogColour::never);
  testing::internal::CaptureStderr();
  log_debug("quiet");
  log_info("loud");
  const std::string output = testing::internal::GetCapturedStderr();
  EXPECT_THAT(output, HasSubstr("ocibench-test: "));
  EXPECT_THAT(output, EndsWith("info: loud\n"));
  EXPECT_THAT(output, Not(HasSubstr("quiet")));
}

TEST(Log, KeepsAForeignMessageOnOneLineAndWithoutEscapes) {
  configure_log("ocibench-test", LogLevel::debug, LogColour::never);
  testing::internal::CaptureStderr();
  log_error("a\nb \x1b[31m {}");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), EndsWith("error: a?b ?[31m {}\n"));
}

}  // namespace
}  // namespace ocibench
