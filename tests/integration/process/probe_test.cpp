#include "common/process/probe.hpp"

#include <gtest/gtest.h>

#include "tests/support/test_tool.hpp"

namespace ocibench::agent {
namespace {

using std::chrono::milliseconds;
using testing_support::kTestTool;

TEST(Probe, ReturnsBothStreamsAndTheExitCode) {
  const SystemClock clock;
  const auto answer = capture({.argv = {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}}, clock);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "out\nerr\n");
  EXPECT_EQ(answer->exit_code, 3);
}

TEST(Probe, KeepsNoMoreThanItMay) {
  const SystemClock clock;
  const auto answer = capture({.argv = {kTestTool, "print", "5000000"}, .max_bytes = 1000}, clock);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text.size(), 1000U);
  EXPECT_EQ(answer->exit_code, 0);
}

TEST(Probe, GivesUpOnAHangAtTheDeadline) {
  const SystemClock clock;
  const MonoTime start = clock.now();
  const auto answer = capture({.argv = {kTestTool, "hang"}, .deadline = milliseconds(100)}, clock);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
  EXPECT_LT(clock.now() - start, std::chrono::seconds(5));
}

TEST(Probe, DoesNotWaitForAChildThatKeepsThePipeOpen) {
  const SystemClock clock;
  const MonoTime start = clock.now();
  const auto answer = capture({.argv = {kTestTool, "orphan", "20000"}}, clock);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_LT(clock.now() - start, std::chrono::seconds(5));
}

TEST(Probe, SaysThatAProgramIsNotThere) {
  const SystemClock clock;
  const auto answer = capture({.argv = {"/no/such/program"}}, clock);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
}

TEST(Probe, SaysThatAFileIsNoProgram) {
  const SystemClock clock;
  const auto answer = capture({.argv = {"/etc/passwd"}}, clock);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace ocibench::agent
